/**
 * All groups as of one moment, in the order of a page of metrics, read from the maps without
 * copies.
 */
@NullMarked
package io.silverback.server.storage.snapshot;

import org.jspecify.annotations.NullMarked;
