@NullMarked
package io.silverback.server;

import org.jspecify.annotations.NullMarked;
