package io.silverback.server.storage;

import io.silverback.server.storage.engine.Holdings;

/**
 * What a store is not to outgrow; 0 means no limit.
 *
 * @param memoryBytes what the whole process may take
 * @param groups that exist at a time
 * @param series of all groups together, as {@link Holdings} counts them
 * @param seriesPerGroup of each group
 * @param labelBytes of a metric's name, and of a name or value of a label, in UTF-8
 */
public record StorageLimits(
    long memoryBytes, long groups, long series, long seriesPerGroup, long labelBytes) {
  public static final StorageLimits NONE = new StorageLimits(0, 0, 0, 0, 0);

  public StorageLimits {
    if (memoryBytes < 0 || groups < 0 || series < 0 || seriesPerGroup < 0 || labelBytes < 0) {
      throw new IllegalArgumentException(
          "limits must not be negative: memoryBytes="
              + memoryBytes
              + " groups="
              + groups
              + " series="
              + series
              + " seriesPerGroup="
              + seriesPerGroup
              + " labelBytes="
              + labelBytes);
    }
  }
}
