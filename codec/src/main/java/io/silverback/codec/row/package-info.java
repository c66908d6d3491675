/** The bytes of a group: what it holds now, and the rows that were pushed to it over time. */
@NullMarked
package io.silverback.codec.row;

import org.jspecify.annotations.NullMarked;
