/** Metric families as bytes on the wire: the text format and protobuf, in both directions. */
@NullMarked
package io.silverback.codec.exposition;

import org.jspecify.annotations.NullMarked;
