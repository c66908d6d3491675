/** How fields stand in bytes: little-endian in what a store keeps. */
@NullMarked
package io.silverback.codec.bytes;

import org.jspecify.annotations.NullMarked;
