package io.silverback.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.core.metrics.Gauge;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.List;
import org.junit.jupiter.api.Test;

class GatewayMetricsTest {
  private static final BuildInfo BUILD =
      new BuildInfo("0.1.0", "2f9b0b1", "main", "ci", "20261121-23:20:01", "25.0.3");

  private final GatewayMetrics metrics = new GatewayMetrics(BUILD);

  private MetricFamily family(String name) {
    return metrics.collect().stream()
        .filter(family -> family.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private boolean has(String name) {
    return metrics.collect().stream().anyMatch(family -> family.name().equals(name));
  }

  @Test
  void buildInfoIsUpstreamsGauge() {
    Platform platform = Platform.current();
    assertEquals(
        new MetricFamily(
            "pushgateway_build_info",
            "A metric with a constant '1' value labeled by version, revision, branch, goversion from"
                + " which pushgateway was built, and the goos and goarch for the build.",
            MetricType.GAUGE,
            List.of(
                new Metric.Gauge(
                    Labels.of(
                        "branch",
                        "main",
                        "goarch",
                        platform.architecture(),
                        "goos",
                        platform.operatingSystem(),
                        "goversion",
                        "java25.0.3",
                        "revision",
                        "2f9b0b1",
                        "version",
                        "0.1.0"),
                    1))),
        family("pushgateway_build_info"));
  }

  @Test
  void requestsAreCountedByHandlerCodeAndMethod() {
    metrics.countRequest("push", 200, "PUT");
    metrics.countRequest("push", 200, "PUT");
    metrics.countRequest("push", 400, "POST");
    metrics.countRequest("api/v1/options", 200, "OPTIONS");
    assertEquals(
        new MetricFamily(
            "pushgateway_http_requests_total",
            "Total HTTP requests processed by the Pushgateway, excluding scrapes.",
            MetricType.COUNTER,
            List.of(
                requests("api/v1/options", "200", "options", 1),
                requests("push", "200", "put", 2),
                requests("push", "400", "post", 1))),
        family("pushgateway_http_requests_total"));
  }

  private static Metric requests(String handler, String code, String method, double count) {
    return new Metric.Counter(Labels.of("handler", handler, "code", code, "method", method), count);
  }

  @Test
  void whatHttpDoesNotDefineSharesOneSeries() {
    for (int i = 0; i < 100; i++) {
      metrics.countRequest("push", 600 + i, "BREW" + i);
      metrics.countRequest("push", -i, "Put");
      metrics.observePush("BREW" + i, 1, 1);
    }
    assertEquals(
        List.of(requests("push", "unknown", "unknown", 200)),
        family("pushgateway_http_requests_total").metrics());
    assertEquals(1, family("pushgateway_http_push_size_bytes").metrics().size());
  }

  @Test
  void pushesHaveSummariesOfSizeAndDuration() {
    for (int i = 1; i <= 1000; i++) {
      metrics.observePush("PUT", i, i / 1000.0);
    }
    metrics.observePush("POST", 5, 0.5);

    MetricFamily sizes = family("pushgateway_http_push_size_bytes");
    assertEquals("HTTP request size for pushes to the Pushgateway.", sizes.help());
    assertEquals(MetricType.SUMMARY, sizes.type());
    assertEquals(2, sizes.metrics().size());
    var put = (Metric.Summary) sizes.metrics().get(1);
    assertEquals(Labels.of("method", "put"), put.labels());
    assertEquals(1000, put.count());
    assertEquals(500_500, put.sum());
    List<Metric.Quantile> quantiles = put.quantiles();
    assertEquals(
        List.of(0.1, 0.5, 0.9), quantiles.stream().map(Metric.Quantile::quantile).toList());
    assertEquals(100, quantiles.get(0).value(), 10);
    assertEquals(500, quantiles.get(1).value(), 50);
    assertEquals(900, quantiles.get(2).value(), 10);

    MetricFamily durations = family("pushgateway_http_push_duration_seconds");
    assertEquals("HTTP request duration for pushes to the Pushgateway.", durations.help());
    assertEquals(0.5, ((Metric.Summary) durations.metrics().get(0)).sum());
  }

  @Test
  void durationsAreHistogramsWithClassicAndNativeBuckets() {
    metrics.observePush("PUT", 1, 0.003);
    metrics.observePush("PUT", 1, 0.3);
    metrics.observePush("POST", 1, 100);
    metrics.observeScrape(0.02);
    metrics.observeHistoryQuery(0.2);
    metrics.observeRead(0.2);

    MetricFamily pushes = family("silverback_push_duration_seconds");
    assertEquals(MetricType.HISTOGRAM, pushes.type());
    assertEquals(2, pushes.metrics().size());
    var put = (Metric.Histogram) pushes.metrics().get(1);
    assertEquals(Labels.of("method", "put"), put.labels());
    assertEquals(2, put.count());
    assertEquals(0.303, put.sum(), 1e-9);
    assertEquals(0, countBelow(put, 0.0025));
    assertEquals(1, countBelow(put, 0.005));
    assertEquals(2, countBelow(put, 0.5));
    assertEquals(2, countBelow(put, Double.POSITIVE_INFINITY));
    assertEquals(3, put.nativeBuckets().schema());
    assertEquals(2, put.nativeBuckets().positiveSpans().size());
    var post = (Metric.Histogram) pushes.metrics().get(0);
    assertEquals(0, countBelow(post, 10));
    assertEquals(1, countBelow(post, Double.POSITIVE_INFINITY));
    for (String name :
        List.of(
            "silverback_scrape_duration_seconds",
            "silverback_history_query_duration_seconds",
            "silverback_remote_read_duration_seconds")) {
      var histogram = (Metric.Histogram) family(name).metrics().getFirst();
      assertEquals(1, histogram.count(), name);
      assertEquals(List.of(1L), histogram.nativeBuckets().positiveDeltas(), name);
    }
  }

  private static long countBelow(Metric.Histogram histogram, double bound) {
    return histogram.buckets().stream()
        .filter(bucket -> bucket.upperBound() == bound)
        .findFirst()
        .orElseThrow()
        .cumulativeCount();
  }

  @Test
  void pushesOfEveryDurationKeepTheirBuckets() {
    for (double seconds = 2e-6; seconds < 1000; seconds *= 1.05) {
      metrics.observePush("PUT", 1, seconds);
    }

    var put = (Metric.Histogram) family("silverback_push_duration_seconds").metrics().getFirst();
    assertEquals(0, put.nativeBuckets().zeroCount());
    assertTrue(put.nativeBuckets().schema() >= 2, () -> "schema=" + put.nativeBuckets().schema());
  }

  @Test
  void theBuildIsShownUnderANameOfItsOwn() {
    assertEquals(
        List.of(
            new Metric.Gauge(
                Labels.of("java_version", "25.0.3", "revision", "2f9b0b1", "version", "0.1.0"), 1)),
        family("silverback_build_info").metrics());
  }

  @Test
  void familiesWithoutAValueAreNotShown() {
    assertFalse(has("pushgateway_http_requests_total"));
    assertFalse(has("pushgateway_http_push_size_bytes"));
  }

  @Test
  void theProcessAndTheJvmAreShown() {
    for (String name :
        List.of(
            "process_cpu_seconds_total",
            "process_start_time_seconds",
            "process_open_fds",
            "process_max_fds",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
            "jvm_memory_used_bytes",
            "jvm_threads_current",
            "jvm_gc_collection_seconds",
            "jvm_runtime_info")) {
      assertTrue(has(name), name);
    }
  }

  @Test
  void familiesAreSortedAndNamedOnce() {
    metrics.countRequest("push", 200, "PUT");
    List<String> names = metrics.collect().stream().map(MetricFamily::name).toList();
    assertEquals(names.stream().sorted().distinct().toList(), names);
  }

  @Test
  void othersAddTheirOwn() {
    Gauge.builder().name("silverback_groups").register(metrics.registry()).set(3);
    assertEquals(
        new MetricFamily(
            "silverback_groups", "", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.EMPTY, 3))),
        family("silverback_groups"));
  }

  @Test
  void gatewaysOfOneProcessDoNotAddUp() {
    metrics.countRequest("push", 200, "PUT");
    assertTrue(
        new GatewayMetrics(BUILD)
            .collect().stream()
                .noneMatch(family -> family.name().equals("pushgateway_http_requests_total")));
  }
}
