package io.silverback.server.metrics;

import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmClassLoadingMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.Omissions;
import io.silverback.server.limits.LimitBoard;
import io.silverback.server.storage.ChoreStatistics;
import io.silverback.server.storage.StorageStatistics;
import io.silverback.server.web.HandshakeFailure;
import io.silverback.server.web.HandshakeFailures;
import io.silverback.server.writers.WriterEvidence;
import io.silverback.server.writers.WriterWatch;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the gateway tells about itself: upstream's metrics under upstream's names, the process and
 * the JVM. Longer than other classes, as each metric has a few lines.
 *
 * <p>Thread-safe. Each instance has a registry of its own, so that several gateways in one process
 * do not add up.
 *
 * <p>The number of series is bounded: methods and status codes that HTTP does not define share the
 * label value {@code unknown}. Names of handlers must be constants of the code.
 */
public final class GatewayMetrics {
  private static final int LOWEST_CODE = 100;
  private static final int CODE_END = 600;
  private static final String UNKNOWN = "unknown";
  private static final String[] CODES = codes();

  private static final MetricFamily BUILD =
      new MetricFamily(
          "pushgateway_build_info",
          "A metric with a constant '1' value labeled by version, revision, branch, goversion from"
              + " which pushgateway was built, and the goos and goarch for the build.",
          MetricType.GAUGE,
          List.of());
  private static final MetricFamily REQUESTS =
      new MetricFamily(
          "pushgateway_http_requests_total",
          "Total HTTP requests processed by the Pushgateway, excluding scrapes.",
          MetricType.COUNTER,
          List.of());
  private static final MetricFamily PUSH_SIZES =
      new MetricFamily(
          "pushgateway_http_push_size_bytes",
          "HTTP request size for pushes to the Pushgateway.",
          MetricType.SUMMARY,
          List.of());
  private static final MetricFamily PUSH_DURATIONS =
      new MetricFamily(
          "pushgateway_http_push_duration_seconds",
          "HTTP request duration for pushes to the Pushgateway.",
          MetricType.SUMMARY,
          List.of());

  /** The library's defaults, whatever a properties file or the environment says. */
  static final PrometheusProperties DEFAULTS = PrometheusProperties.builder().build();

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests;
  private final QuantileSummary pushSizes;
  private final QuantileSummary pushDurations;
  private final Histogram pushTimes;
  private final Histogram scrapeTimes;
  private final Histogram historyTimes;
  private final Histogram readTimes;
  private final Counter omitted;
  private final Counter hidden;
  private final Counter expired;
  private final Counter purged;
  private volatile Supplier<List<ChoreStatistics>> chores = List::of;
  private volatile Supplier<StorageStatistics> storage =
      () -> new StorageStatistics(0, 0, 0, 0, List.of(), List.of(), List.of(), Optional.empty());

  public GatewayMetrics(BuildInfo build) {
    registerBuild(build);
    requests =
        Counter.builder(DEFAULTS)
            .name(REQUESTS.name())
            .help(REQUESTS.help())
            .labelNames("handler", "code", "method")
            .withoutExemplars()
            .register(registry);
    pushSizes = pushSummary(PUSH_SIZES);
    pushDurations = pushSummary(PUSH_DURATIONS);
    pushTimes =
        DurationHistogram.register(
            registry,
            "silverback_push_duration_seconds",
            "Time from a push to its answer, refused pushes included.",
            "method");
    scrapeTimes =
        DurationHistogram.register(
            registry,
            "silverback_scrape_duration_seconds",
            "Time from a scrape to the end of its answer, however it ended.");
    historyTimes =
        DurationHistogram.register(
            registry,
            "silverback_history_query_duration_seconds",
            "Time from a query of history to the end of its answer, however it ended.");
    readTimes =
        DurationHistogram.register(
            registry,
            "silverback_remote_read_duration_seconds",
            "Time from a remote read to the end of its answer, however it ended.");
    omitted =
        Counter.builder(DEFAULTS)
            .name("silverback_scrape_omitted_metrics_total")
            .help("Metrics left out of scrapes, as they cannot be shown beside others.")
            .withoutExemplars()
            .register(registry);
    hidden =
        Counter.builder(DEFAULTS)
            .name("silverback_scrape_hidden_own_metrics_total")
            .help("Own metrics left out of scrapes, as pushed families exclude them.")
            .withoutExemplars()
            .register(registry);
    expired =
        Counter.builder(DEFAULTS)
            .name("silverback_expired_groups_total")
            .help("Groups that a staleness rule took out of scrapes.")
            .withoutExemplars()
            .register(registry);
    purged =
        Counter.builder(DEFAULTS)
            .name("silverback_purged_groups_total")
            .help("Groups that were forgotten some time after they had expired.")
            .withoutExemplars()
            .register(registry);
    StoreMetrics.register(registry, () -> storage.get(), () -> chores.get());
    registerProcess();
  }

  /** From now on shows how full each limit is and what was refused. */
  public void watchLimits(LimitBoard board) {
    LimitMetrics.register(registry, board);
  }

  /** From now on shows how many groups are written by several clients in turn. */
  public void watchWriters(WriterWatch writers) {
    CounterWithCallback.builder(DEFAULTS)
        .name("silverback_writer_conflicts_total")
        .help("Groups found to be written by several clients in turn, by what tells them apart.")
        .labelNames("evidence")
        .callback(
            counter -> {
              for (WriterEvidence evidence : WriterEvidence.values()) {
                counter.call((double) writers.found(evidence), evidence.label());
              }
            })
        .register(registry);
    GaugeWithCallback.builder(DEFAULTS)
        .name("silverback_conflicting_groups")
        .help("Groups that are written by several clients in turn now.")
        .callback(gauge -> gauge.call(writers.conflictCount()))
        .register(registry);
  }

  /**
   * From now on shows what is kept of scrapes, and of what use it is.
   *
   * @param found how many pieces of scrapes were kept from others
   * @param missed how many were not
   */
  public void watchScrapeCache(LongSupplier bytes, LongSupplier found, LongSupplier missed) {
    GaugeWithCallback.builder(DEFAULTS)
        .name("silverback_scrape_cache_bytes")
        .help("Heap taken by pieces of scrapes that are kept deflated.")
        .callback(gauge -> gauge.call((double) bytes.getAsLong()))
        .register(registry);
    CounterWithCallback.builder(DEFAULTS)
        .name("silverback_scrape_pieces_total")
        .help("Pieces of scrapes in gzip, by whether they were kept from another scrape.")
        .labelNames("kept")
        .callback(
            counter -> {
              counter.call((double) found.getAsLong(), "true");
              counter.call((double) missed.getAsLong(), "false");
            })
        .register(registry);
  }

  /** From now on shows how many TLS handshakes failed, by reason. */
  public void watchHandshakes(HandshakeFailures failures) {
    CounterWithCallback.builder(DEFAULTS)
        .name("silverback_tls_handshake_failures_total")
        .help("Connections that did not get through their TLS handshake, by reason.")
        .labelNames("reason")
        .callback(
            counter -> {
              for (HandshakeFailure reason : HandshakeFailure.values()) {
                counter.call((double) failures.count(reason), reason.label());
              }
            })
        .register(registry);
  }

  /**
   * From now on shows what became of the configuration file.
   *
   * @param lastSucceeded whether it was sound when it was last read
   * @param lastSuccess when it was last read and sound
   */
  public void watchConfig(BooleanSupplier lastSucceeded, Supplier<Instant> lastSuccess) {
    gauge(
        "silverback_config_last_reload_successful",
        "Whether the last configuration reload attempt was successful.",
        () -> lastSucceeded.getAsBoolean() ? 1 : 0);
    gauge(
        "silverback_config_last_reload_success_timestamp_seconds",
        "Timestamp of the last successful configuration reload.",
        () -> lastSuccess.get().toEpochMilli() / 1e3);
  }

  /** From now on shows whether the file of permissions counts as it is. */
  public void watchPermissions(BooleanSupplier isSound) {
    gauge(
        "silverback_permissions_valid",
        "Whether the file of permissions is valid; if not, what it said before goes on.",
        () -> isSound.getAsBoolean() ? 1 : 0);
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder(DEFAULTS)
        .name(name)
        .help(help)
        .callback(gauge -> gauge.call(value.getAsDouble()))
        .register(registry);
  }

  /** From now on shows what the storage says of itself. */
  public void watchStorage(Supplier<StorageStatistics> statistics) {
    storage = statistics;
  }

  /** From now on shows how it goes what the store does now and then. */
  public void watchChores(Supplier<List<ChoreStatistics>> statistics) {
    chores = statistics;
  }

  /**
   * Counts an answered request.
   *
   * @param handler upstream's name of what answered it, such as {@code push}
   * @param code the status
   * @param method as the client sent it
   */
  public void countRequest(String handler, int code, String method) {
    requests.labelValues(handler, codeText(code), methodText(method)).inc();
  }

  /**
   * Records a push, refused ones included.
   *
   * @param method as the client sent it
   * @param bytes length of the whole request: request line, headers and body as sent
   * @param seconds from the request to the answer
   */
  public void observePush(String method, long bytes, double seconds) {
    String known = methodText(method);
    pushSizes.observe(known, (double) bytes);
    pushDurations.observe(known, seconds);
    pushTimes.labelValues(known).observe(seconds);
  }

  /** Records a scrape of pushed metrics, the time that it waited for its place included. */
  public void observeScrape(double seconds) {
    scrapeTimes.observe(seconds);
  }

  /** The same of a remote read. */
  public void observeRead(double seconds) {
    readTimes.observe(seconds);
  }

  /** The same of a query of history. */
  public void observeHistoryQuery(double seconds) {
    historyTimes.observe(seconds);
  }

  /** Counts what a scrape had to leave out; the next one shows it. */
  public void countOmitted(Omissions omissions) {
    omitted.inc(omissions.metrics());
    hidden.inc(omissions.hiddenOwnMetrics());
  }

  /** Counts a group that a staleness rule took out of scrapes. */
  public void countExpired() {
    expired.inc();
  }

  /** Counts a group that was forgotten. */
  public void countPurged() {
    purged.inc();
  }

  /** Where other parts add what they want to tell. */
  public PrometheusRegistry registry() {
    return registry;
  }

  /** All families that have a value now, by name, under the names that the text format shows. */
  public List<MetricFamily> collect() {
    return SnapshotReader.families(registry.scrape());
  }

  /**
   * Upstream's families about itself, without metrics: a push must not hold them as another type,
   * as with upstream. No other family of ours judges a push.
   */
  public static List<MetricFamily> reserved() {
    return List.of(BUILD, REQUESTS, PUSH_SIZES, PUSH_DURATIONS);
  }

  private void registerBuild(BuildInfo build) {
    Platform platform = Platform.current();
    Info info =
        Info.builder(DEFAULTS)
            .name(BUILD.name())
            .help(BUILD.help())
            .labelNames("branch", "goversion", "revision", "version", "goarch", "goos")
            .register(registry);
    info.addLabelValues(
        build.branch(),
        build.goVersion(),
        build.revision(),
        build.version(),
        platform.architecture(),
        platform.operatingSystem());
    Info.builder(DEFAULTS)
        .name("silverback_build_info")
        .help("A metric with a constant '1' value, with what is running as its labels.")
        .labelNames("version", "revision", "java_version")
        .register(registry)
        .addLabelValues(build.version(), build.revision(), build.javaVersion());
  }

  private QuantileSummary pushSummary(MetricFamily family) {
    var summary = new QuantileSummary(family.name(), family.help(), "method", System::nanoTime);
    registry.register(summary);
    return summary;
  }

  private void registerProcess() {
    // One by one: the library's collective call remembers every registry for ever, its metric of
    // allocations leaves a listener in the JVM that nobody can remove, and that of native memory
    // delays the start by the whole of JMX, to show nothing unless the JVM tracks it.
    ProcessMetrics.builder(DEFAULTS).register(registry);
    JvmBufferPoolMetrics.builder(DEFAULTS).register(registry);
    JvmClassLoadingMetrics.builder(DEFAULTS).register(registry);
    JvmGarbageCollectorMetrics.builder(DEFAULTS).register(registry);
    JvmMemoryMetrics.builder(DEFAULTS).register(registry);
    JvmRuntimeInfoMetric.builder(DEFAULTS).register(registry);
    JvmThreadsMetrics.builder(DEFAULTS).register(registry);
  }

  private static String[] codes() {
    String[] codes = new String[CODE_END];
    for (int code = LOWEST_CODE; code < CODE_END; code++) {
      codes[code] = Integer.toString(code);
    }
    return codes;
  }

  private static String codeText(int code) {
    return code >= LOWEST_CODE && code < CODE_END ? CODES[code] : UNKNOWN;
  }

  // upstream: promhttp knows these methods in these two spellings and no mixed ones.
  private static String methodText(String method) {
    return switch (method) {
      case "PUT", "put" -> "put";
      case "POST", "post" -> "post";
      case "GET", "get" -> "get";
      case "DELETE", "delete" -> "delete";
      case "OPTIONS", "options" -> "options";
      case "HEAD", "head" -> "head";
      case "PATCH", "patch" -> "patch";
      case "TRACE", "trace" -> "trace";
      case "CONNECT", "connect" -> "connect";
      case "NOTIFY", "notify" -> "notify";
      default -> UNKNOWN;
    };
  }
}
