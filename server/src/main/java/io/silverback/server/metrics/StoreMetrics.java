package io.silverback.server.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silverback.server.storage.ChoreStatistics;
import io.silverback.server.storage.DiskStatistics;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.storage.StorageStatistics.MapStatistics;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What the store tells about itself, among the metrics of the gateway. Asked at each scrape. */
final class StoreMetrics {
  private final PrometheusRegistry registry;
  private final Supplier<StorageStatistics> storage;
  private final Supplier<List<ChoreStatistics>> chores;

  private StoreMetrics(
      PrometheusRegistry registry,
      Supplier<StorageStatistics> storage,
      Supplier<List<ChoreStatistics>> chores) {
    this.registry = registry;
    this.storage = storage;
    this.chores = chores;
  }

  /** Registers all; those without a value are not shown. */
  static void register(
      PrometheusRegistry registry,
      Supplier<StorageStatistics> storage,
      Supplier<List<ChoreStatistics>> chores) {
    var metrics = new StoreMetrics(registry, storage, chores);
    metrics.registerStorage();
    metrics.registerChores();
    metrics.registerDisk();
  }

  private void registerStorage() {
    showMaps(
        "silverback_storage_entries",
        "Entries of each map outside of the heap.",
        map -> (double) map.entries());
    showMaps(
        "silverback_storage_allocated_bytes",
        "What the entries of each map outside of the heap take, rounding and index included.",
        map -> (double) map.allocatedBytes());
    GaugeWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name("silverback_storage_groups")
        .help("Groups that exist.")
        .callback(gauge -> gauge.call(storage.get().groups()))
        .register(registry);
    GaugeWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name("silverback_stale_groups")
        .help("Groups that a staleness rule has taken out of scrapes, and that are not purged yet.")
        .callback(gauge -> gauge.call(storage.get().staleGroups()))
        .register(registry);
    GaugeWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name("silverback_history_retention_seconds")
        .help("How far history goes back: what was asked for, or less while memory is short.")
        .callback(gauge -> gauge.call(storage.get().historyMillis() / 1e3))
        .register(registry);
    CounterWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name("silverback_history_corrupt_pages_total")
        .help("Pages of history that could not be read, and were dropped or left out of an answer.")
        .callback(counter -> counter.call((double) storage.get().corruptPages()))
        .register(registry);
  }

  private void registerChores() {
    GaugeWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name("silverback_chore_last_success_timestamp_seconds")
        .help("When something that the store does now and then last went well, or began.")
        .labelNames("chore")
        .callback(
            gauge ->
                chores.get().forEach(one -> gauge.call(one.lastSuccessMillis() / 1e3, one.name())))
        .register(registry);
    CounterWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name("silverback_chore_failures_total")
        .help("How often something that the store does now and then failed.")
        .labelNames("chore")
        .callback(
            counter ->
                chores.get().forEach(one -> counter.call((double) one.failures(), one.name())))
        .register(registry);
  }

  private void showMaps(String name, String help, ToDoubleFunction<MapStatistics> value) {
    GaugeWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name(name)
        .help(help)
        .labelNames("map")
        .callback(
            gauge ->
                storage
                    .get()
                    .maps()
                    .forEach(map -> gauge.call(value.applyAsDouble(map), map.name())))
        .register(registry);
  }

  private void registerDisk() {
    showDisk(
        "silverback_disk_free_bytes",
        "What is free of the disk of the store.",
        disk -> (double) disk.freeBytes());
    showDisk(
        "silverback_disk_start_bytes",
        "What the next start needs free of the disk of the store, at least.",
        disk -> (double) disk.startBytes());
    showDisk(
        "silverback_last_end_clean",
        "Whether the process before this one closed the store: 0 after a kill, a crash or an end for"
            + " lack of memory.",
        disk -> disk.lastEndWasClean() ? 1.0 : 0.0);
  }

  private void showDisk(String name, String help, ToDoubleFunction<DiskStatistics> value) {
    GaugeWithCallback.builder(GatewayMetrics.DEFAULTS)
        .name(name)
        .help(help)
        .callback(
            gauge -> storage.get().disk().ifPresent(disk -> gauge.call(value.applyAsDouble(disk))))
        .register(registry);
  }
}
