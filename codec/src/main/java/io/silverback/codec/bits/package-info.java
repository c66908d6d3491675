/** Streams of bits in Agrona buffers: what the compressed formats stand on. */
@NullMarked
package io.silverback.codec.bits;

import org.jspecify.annotations.NullMarked;
