/** Moves groups between servers, through their HTTP APIs: {@code import} and {@code export}. */
@NullMarked
package io.silverback.server.transfer;

import org.jspecify.annotations.NullMarked;
