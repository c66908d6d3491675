/** Times and values as the few bits by which they differ from the ones before. */
@NullMarked
package io.silverback.codec.gorilla;

import org.jspecify.annotations.NullMarked;
