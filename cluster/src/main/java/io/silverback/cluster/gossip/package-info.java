/** Membership over ScaleCube Cluster, which is imported nowhere else. */
@NullMarked
package io.silverback.cluster.gossip;

import org.jspecify.annotations.NullMarked;
