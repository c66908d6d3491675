/** Certificates that are trusted instead of those of the JDK. */
@NullMarked
package io.silverback.server.trust;

import org.jspecify.annotations.NullMarked;
