package io.silverback.server.storage;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where and how a store is kept in files.
 *
 * @param folder of the store
 * @param flushInterval how long the operating system may hold back what was written
 * @param minFreeBytes of the disk, below which nothing is taken any more
 */
public record PersistenceConfig(Path folder, Duration flushInterval, long minFreeBytes) {}
