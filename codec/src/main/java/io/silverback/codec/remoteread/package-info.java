/** What Prometheus' remote read sends and expects, as bytes. */
@NullMarked
package io.silverback.codec.remoteread;

import org.jspecify.annotations.NullMarked;
