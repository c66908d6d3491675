@NullMarked
package io.silverback.server.remotewrite;

import org.jspecify.annotations.NullMarked;
