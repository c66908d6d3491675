/** How bytes get from node to node: connections, their seal, and what bounds them. */
@NullMarked
package io.silverback.cluster.peer;

import org.jspecify.annotations.NullMarked;
