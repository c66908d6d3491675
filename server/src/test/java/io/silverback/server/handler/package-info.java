@NullMarked
package io.silverback.server.handler;

import org.jspecify.annotations.NullMarked;
