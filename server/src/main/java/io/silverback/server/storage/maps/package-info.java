/**
 * The off-heap maps, what their keys and values are, and the tables of shapes and symbols. The only
 * room that knows Chronicle Map.
 */
@NullMarked
package io.silverback.server.storage.maps;

import org.jspecify.annotations.NullMarked;
