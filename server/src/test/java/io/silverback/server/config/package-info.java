@NullMarked
package io.silverback.server.config;

import org.jspecify.annotations.NullMarked;
