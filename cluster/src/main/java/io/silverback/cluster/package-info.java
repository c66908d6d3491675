/** Who else has the bytes: members, the agreed view, leases, leaders, replicas and take-over. */
@NullMarked
package io.silverback.cluster;

import org.jspecify.annotations.NullMarked;
