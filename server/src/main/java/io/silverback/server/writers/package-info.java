/** Finds writers that push to the same group without knowing of each other. */
@NullMarked
package io.silverback.server.writers;

import org.jspecify.annotations.NullMarked;
