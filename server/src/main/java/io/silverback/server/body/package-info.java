/** Bodies of requests: read within bounds and decompressed. */
@NullMarked
package io.silverback.server.body;

import org.jspecify.annotations.NullMarked;
