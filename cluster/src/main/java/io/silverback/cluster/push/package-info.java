/** The way of an update through the cluster: to its leader, in order, to the replicas, and back. */
@NullMarked
package io.silverback.cluster.push;

import org.jspecify.annotations.NullMarked;
