/**
 * How copies become equal again: take-over, comparison of slots, and the purge of what was deleted.
 */
@NullMarked
package io.silverback.cluster.repair;

import org.jspecify.annotations.NullMarked;
