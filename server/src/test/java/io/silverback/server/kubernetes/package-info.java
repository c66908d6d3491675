/** The chart for Kubernetes, rendered by Helm. */
@NullMarked
package io.silverback.server.kubernetes;

import org.jspecify.annotations.NullMarked;
