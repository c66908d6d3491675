/** The metrics of this server about itself. */
@NullMarked
package io.silverback.server.metrics;

import org.jspecify.annotations.NullMarked;
