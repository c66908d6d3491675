/** One member of a cluster, put together from the other rooms, and the thread that it runs on. */
@NullMarked
package io.silverback.cluster.node;

import org.jspecify.annotations.NullMarked;
