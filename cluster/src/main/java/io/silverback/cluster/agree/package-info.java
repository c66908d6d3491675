/**
 * How members agree: leases, heartbeats, the next view, who founds a cluster, and when a node is
 * ready.
 */
@NullMarked
package io.silverback.cluster.agree;

import org.jspecify.annotations.NullMarked;
