package io.silverback.server.storage;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where and how a store is kept in files.
 *
 * @param folder of the store
 * @param flushInterval how long the operating system may hold back what was written
 * @param minFreeBytes of the disk, below which nothing is taken any more
 * @param startsEmpty whether the file of a Pushgateway in its place that cannot be read is kept
 *     aside, and not a reason not to start
 */
public record PersistenceConfig(
    Path folder, Duration flushInterval, long minFreeBytes, boolean startsEmpty) {
  /** One that does not start where it would lose what a Pushgateway had. */
  public PersistenceConfig(Path folder, Duration flushInterval, long minFreeBytes) {
    this(folder, flushInterval, minFreeBytes, false);
  }
}
