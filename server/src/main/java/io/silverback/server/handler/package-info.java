/** The HTTP endpoints: one handler a concern, wired together in {@code Routes}. */
@NullMarked
package io.silverback.server.handler;

import org.jspecify.annotations.NullMarked;
