/** The process: command line, composition and start-up. */
@NullMarked
package io.silverback.server;

import org.jspecify.annotations.NullMarked;
