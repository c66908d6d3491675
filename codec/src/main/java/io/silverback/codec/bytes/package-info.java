/**
 * How fields are written as bytes: big-endian in messages between nodes, little-endian in groups at
 * rest and on the wire.
 */
@NullMarked
package io.silverback.codec.bytes;

import org.jspecify.annotations.NullMarked;
