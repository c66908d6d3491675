@NullMarked
package io.silverback.server.yaml;

import org.jspecify.annotations.NullMarked;
