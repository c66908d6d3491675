/**
 * Sends what was pushed to other servers by remote write: from the history, without a queue of its
 * own.
 */
@NullMarked
package io.silverback.server.remotewrite;

import org.jspecify.annotations.NullMarked;
