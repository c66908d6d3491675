@NullMarked
package io.silverback.server.flags;

import org.jspecify.annotations.NullMarked;
