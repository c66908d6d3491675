/** The messages of remote write, as bytes. Knows nothing of HTTP, and of who has the samples. */
@NullMarked
package io.silverback.codec.remotewrite;

import org.jspecify.annotations.NullMarked;
