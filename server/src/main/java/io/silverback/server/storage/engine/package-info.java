/**
 * The store of one node: what an update does to a group, whether there is room, and how it is
 * written.
 */
@NullMarked
package io.silverback.server.storage.engine;

import org.jspecify.annotations.NullMarked;
