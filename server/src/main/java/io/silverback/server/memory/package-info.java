/** Memory that requests take before they use it. */
@NullMarked
package io.silverback.server.memory;

import org.jspecify.annotations.NullMarked;
