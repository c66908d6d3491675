@NullMarked
package io.silverback.server.wire;

import org.jspecify.annotations.NullMarked;
