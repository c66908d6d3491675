/** The agreed view over Apache Ratis, which is imported nowhere else. */
@NullMarked
package io.silverback.cluster.raft;

import org.jspecify.annotations.NullMarked;
