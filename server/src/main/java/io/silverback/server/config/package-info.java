/**
 * The file of {@code --config.file}: a class for each of its sections. Knows nothing of who reads
 * it, and when.
 */
@NullMarked
package io.silverback.server.config;

import org.jspecify.annotations.NullMarked;
