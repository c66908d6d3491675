package io.silverback.server.storage;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.memory.RequestMemory;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What a store is told when it is made.
 *
 * @param clock gives each update its version
 * @param wallMillis the wall clock, in milliseconds since the epoch
 * @param nanoClock as {@link System#nanoTime()}
 * @param reserved families that no push may hold as another type
 * @param checked false to take pushes that are inconsistent with others
 * @param historyRetention how long what was pushed can be asked for; zero for not at all
 * @param limits what it is not to outgrow; the memory is that of the whole process
 * @param requests what requests take, which the limit of memory bounds, too
 */
public record StoreConfig(
    VersionClock clock,
    LongSupplier wallMillis,
    LongSupplier nanoClock,
    Collection<MetricFamily> reserved,
    boolean checked,
    Duration historyRetention,
    StorageLimits limits,
    RequestMemory requests) {
  public StoreConfig {
    reserved = List.copyOf(reserved);
  }

  /** The same with the clock of the JDK that nobody can set, and any memory for snapshots. */
  public StoreConfig(
      VersionClock clock,
      LongSupplier wallMillis,
      Collection<MetricFamily> reserved,
      boolean checked,
      Duration historyRetention,
      StorageLimits limits) {
    this(
        clock,
        wallMillis,
        System::nanoTime,
        reserved,
        checked,
        historyRetention,
        limits,
        RequestMemory.unlimited());
  }
}
