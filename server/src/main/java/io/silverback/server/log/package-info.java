/**
 * The gateway's log on stderr, one line an event. Code logs through {@link
 * io.silverback.server.log.Log}; what libraries log ends here as well.
 */
@NullMarked
package io.silverback.server.log;

import org.jspecify.annotations.NullMarked;
