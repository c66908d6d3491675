/** The store as a cluster sees it: states that are merged, compared and purged. */
@NullMarked
package io.silverback.server.storage.replica;

import org.jspecify.annotations.NullMarked;
