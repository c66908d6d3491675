/** Pages of history: rows of one shape, in columns, compressed. */
@NullMarked
package io.silverback.codec.page;

import org.jspecify.annotations.NullMarked;
