/**
 * What this node holds of the slots: which it leads, which it may show, and what waits for them.
 */
@NullMarked
package io.silverback.cluster.slots;

import org.jspecify.annotations.NullMarked;
