package io.silverback.server.remotewrite;

import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silverback.server.remotewrite.TargetStatistics.Drop;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The metrics of the targets, named as Prometheus names those of its own remote write. */
final class RemoteWriteMetrics {
  private static final PrometheusProperties DEFAULTS = PrometheusProperties.builder().build();
  private static final String PREFIX = "silverback_remote_storage_";

  private final PrometheusRegistry registry;
  private final Supplier<List<RemoteTarget>> targets;

  private RemoteWriteMetrics(PrometheusRegistry registry, Supplier<List<RemoteTarget>> targets) {
    this.registry = registry;
    this.targets = targets;
  }

  /** Registers all; those of targets that are gone are not shown. */
  static void register(
      PrometheusRegistry registry,
      Supplier<List<RemoteTarget>> targets,
      TargetsElsewhere elsewhere) {
    var metrics = new RemoteWriteMetrics(registry, targets);
    metrics.registerCounters();
    metrics.registerGauges();
    GaugeWithCallback.builder(DEFAULTS)
        .name(PREFIX + "unknown_targets")
        .help("Targets that other members of the cluster sent to of late and this one does not.")
        .callback(gauge -> gauge.call(elsewhere.unknown()))
        .register(registry);
  }

  private void registerCounters() {
    counter("samples", "Samples that a target took.", target -> target.samples.sum());
    counter("bytes", "Bytes of bodies, compressed, that a target took.", it -> it.bytes.sum());
    counter(
        "samples_failed",
        "Samples that a target refused, which are not sent again.",
        target -> target.failed.sum());
    counter(
        "samples_retried",
        "Samples that had to be sent again, each time counted.",
        target -> target.retried.sum());
    counter("metadata", "Families of whose metadata a target was told.", it -> it.metadata.sum());
    counter(
        "metadata_failed",
        "Families whose metadata a target refused, each time counted.",
        target -> target.metadataFailed.sum());
    counter(
        "metadata_retried",
        "Families whose metadata had to be sent again, each time counted.",
        target -> target.metadataRetried.sum());
    CounterWithCallback.builder(DEFAULTS)
        .name(PREFIX + "samples_dropped_total")
        .help("Samples that were not sent to a target, by reason.")
        .labelNames("remote_name", "url", "reason")
        .callback(
            counter -> {
              for (RemoteTarget target : targets.get()) {
                for (Drop reason : Drop.values()) {
                  counter.call(
                      (double) target.statistics().dropped(reason),
                      target.config().name(),
                      target.config().shownUrl(),
                      reason.label());
                }
              }
            })
        .register(registry);
  }

  private void registerGauges() {
    GaugeWithCallback.builder(DEFAULTS)
        .name(PREFIX + "highest_timestamp_in_seconds")
        .help("The latest time of a sample that this server is to send.")
        .callback(
            gauge ->
                targets.get().stream()
                    .filter(RemoteTarget::leadsAny)
                    .mapToLong(RemoteTarget::newestMillis)
                    .max()
                    .ifPresent(millis -> gauge.call(millis / 1e3)))
        .register(registry);
    gauge(
        "queue_highest_sent_timestamp_seconds",
        "The latest time of a sample that a target took, or that is done with otherwise.",
        RemoteTarget::leadsAny,
        target -> target.statistics().highestSentMillis(target.newestMillis()) / 1e3);
    gauge(
        "lag_seconds",
        "How long ago the time is up to which a target has all samples.",
        target -> target.statistics().lagSeconds());
    gauge(
        "shards",
        "Requests that are under way to a target at once, at most.",
        target -> target.statistics().shards());
    gauge(
        "shards_desired",
        "As many as are wanted to keep up, though the history may have fewer parts.",
        target -> target.statistics().desiredShards());
    gauge("shards_min", "The least that this may be.", it -> it.config().queue().fewestShards());
    gauge("shards_max", "The most that this may be.", it -> it.config().queue().mostShards());
    gauge(
        "samples_pending",
        "Samples that are in requests which were not answered yet.",
        target -> target.statistics().pending.sum());
    gauge(
        "max_samples_per_send",
        "The most samples of a request.",
        target -> target.config().queue().samplesPerRequest());
  }

  private void counter(String name, String help, ToDoubleFunction<TargetStatistics> value) {
    CounterWithCallback.builder(DEFAULTS)
        .name(PREFIX + name + "_total")
        .help(help)
        .labelNames("remote_name", "url")
        .callback(
            counter ->
                targets
                    .get()
                    .forEach(
                        target ->
                            counter.call(
                                value.applyAsDouble(target.statistics()),
                                target.config().name(),
                                target.config().shownUrl())))
        .register(registry);
  }

  private void gauge(String name, String help, ToDoubleFunction<RemoteTarget> value) {
    gauge(name, help, _ -> true, value);
  }

  private void gauge(
      String name,
      String help,
      Predicate<RemoteTarget> isShown,
      ToDoubleFunction<RemoteTarget> value) {
    GaugeWithCallback.builder(DEFAULTS)
        .name(PREFIX + name)
        .help(help)
        .labelNames("remote_name", "url")
        .callback(
            gauge ->
                targets.get().stream()
                    .filter(isShown)
                    .forEach(
                        target ->
                            gauge.call(
                                value.applyAsDouble(target),
                                target.config().name(),
                                target.config().shownUrl())))
        .register(registry);
  }
}
