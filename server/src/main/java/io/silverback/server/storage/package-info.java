/**
 * Where the groups are stored, and the only way to them: {@link
 * io.silverback.server.storage.MetricStore}.
 */
@NullMarked
package io.silverback.server.storage;

import org.jspecify.annotations.NullMarked;
