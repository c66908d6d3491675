/**
 * Bytes of strangers, for all that reads such: in the build for a minute, and for hours by hand.
 */
@NullMarked
package io.silverback.server.fuzz;

import org.jspecify.annotations.NullMarked;
