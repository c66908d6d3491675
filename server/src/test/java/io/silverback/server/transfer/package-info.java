@NullMarked
package io.silverback.server.transfer;

import org.jspecify.annotations.NullMarked;
