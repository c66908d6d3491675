package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.remotewrite.WriteProtocol;
import io.silverback.server.RemoteWriteReceiver.Metadata;
import io.silverback.server.RemoteWriteReceiver.Request;
import io.silverback.server.RemoteWriteReceiver.Sample;
import io.silverback.server.RemoteWriteReceiver.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is in the requests, for a target of each version: the claims that Prometheus' compliance
 * tests check of a sender, with pushes instead of scrapes.
 */
final class RemoteWriteContentTest {
  private static final int MOST_SAMPLES = 50;
  private static final int MOST_FAMILIES = 3;

  private static final Map<WriteProtocol, RemoteWriteReceiver> TARGETS =
      new EnumMap<>(WriteProtocol.class);
  private static final AtomicInteger JOBS = new AtomicInteger();

  @TempDir private static Path folder;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws IOException {
    var config = new StringBuilder("remote_write:\n");
    for (WriteProtocol protocol : WriteProtocol.values()) {
      RemoteWriteReceiver target = RemoteWriteReceiver.start();
      TARGETS.put(protocol, target);
      config.append(
          """
            - url: %s
              name: %s
              protobuf_message: %s
              metadata_config: {send_interval: 30ms, max_samples_per_send: %d}
              queue_config: {batch_send_deadline: 20ms, max_samples_per_send: %d}
          """
              .formatted(
                  target.url(), protocol, protocol.messageName(), MOST_FAMILIES, MOST_SAMPLES));
    }
    Path file = folder.resolve("silverback.yml");
    Files.writeString(file, config);
    gateway = TestGateway.start("--config.file=" + file);
  }

  @AfterAll
  static void close() {
    gateway.close();
    TARGETS.values().forEach(RemoteWriteReceiver::close);
  }

  @ParameterizedTest
  @EnumSource
  void theHeadersAreThoseOfTheVersion(WriteProtocol protocol) throws IOException {
    push(protocol, "x 1\n", 1);

    for (Request request : target(protocol).requests()) {
      assertEquals("POST", request.method());
      assertEquals("snappy", request.header("Content-Encoding"));
      assertEquals(protocol.contentType(), request.header("Content-Type"));
      assertEquals(protocol.versionHeader(), request.header("X-Prometheus-Remote-Write-Version"));
      assertTrue(request.header("User-Agent").startsWith("silverback/"));
      assertEquals("", request.header("Retry-Attempt"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0x1.0p0",
    "0, 0.0",
    "-0, -0.0",
    "+Inf, Infinity",
    "-Inf, -Infinity",
    "NaN, NaN",
    "0.1, 0.1",
    "-123456789.123456789, -123456789.123456789",
    "4503599627370497.5, 4503599627370497.5",
    "1e-320, 1e-320",
    "1.7976931348623157e+308, 1.7976931348623157e+308"
  })
  void eachValueComesBitForBit(String pushed, double expected) throws IOException {
    for (WriteProtocol protocol : WriteProtocol.values()) {
      Sample sample = push(protocol, "x " + pushed + "\n", 1).getFirst().samples().getFirst();
      assertEquals(expected, sample.value());
      assertTrue(!sample.isStale());
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachKindOfMetricComesAsTheSeriesThatAScrapeMakesOfIt(WriteProtocol protocol)
      throws IOException {
    String body =
        """
        # TYPE c counter
        c 1
        # TYPE g gauge
        g{l="1"} 2
        # TYPE h histogram
        h_bucket{le="0.5"} 1
        h_bucket{le="+Inf"} 3
        h_sum 4
        h_count 3
        # TYPE s summary
        s{quantile="0.9"} 5
        s_sum 6
        s_count 7
        u 8
        """;
    assertEquals(
        List.of(
            "[__name__=c] 1.0",
            "[__name__=g, l=1] 2.0",
            "[__name__=h_bucket, le=+Inf] 3.0",
            "[__name__=h_bucket, le=0.5] 1.0",
            "[__name__=h_count] 3.0",
            "[__name__=h_sum] 4.0",
            "[__name__=s, quantile=0.9] 5.0",
            "[__name__=s_count] 7.0",
            "[__name__=s_sum] 6.0",
            "[__name__=u] 8.0"),
        push(protocol, body, 10).stream()
            .map(series -> withoutJob(series) + " " + series.samples().getFirst().value())
            .sorted()
            .toList());
  }

  @ParameterizedTest
  @EnumSource
  void labelsAreInTheOrderOfTheirBytesEachOnceAndNoneEmpty(WriteProtocol protocol)
      throws IOException {
    Series series =
        push(protocol, "x{z=\"1\",a=\"2\",B=\"3\",_c=\"4\",empty=\"\",job=\"other\"} 1\n", 1)
            .getFirst();

    assertEquals("[B=3, __name__=x, _c=4, a=2, z=1]", withoutJob(series));
    List<String> names = series.labels().stream().map(Map.Entry::getKey).toList();
    assertEquals(List.of("B", "__name__", "_c", "a", "job", "z"), names);
  }

  @ParameterizedTest
  @EnumSource
  void theLabelsOfTheGroupTakePrecedence(WriteProtocol protocol) throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    Series series =
        push(protocol, "/job/" + job + "/instance/i/a/1", job, "x{a=\"2\",job=\"y\"} 1\n", 1)
            .getFirst();

    assertEquals("[__name__=x, a=1, instance=i, job=" + job + "]", series.text());
  }

  @ParameterizedTest
  @EnumSource
  void anyTextIsAValueOfALabel(WriteProtocol protocol) throws IOException {
    List<String> values =
        List.of("ü中😀", "a\\\\b", "a\\\"b", "a\\nb", " ", "x".repeat(10_000), "{},=");
    String body =
        IntStream.range(0, values.size())
            .mapToObj(i -> "x{n=\"" + i + "\",v=\"" + values.get(i) + "\"} 1\n")
            .collect(Collectors.joining());

    List<String> found =
        push(protocol, body, values.size()).stream()
            .sorted(Comparator.comparing(Series::text))
            .map(series -> series.labels().getLast().getValue())
            .toList();
    assertEquals(List.of("ü中😀", "a\\b", "a\"b", "a\nb", " ", "x".repeat(10_000), "{},="), found);
  }

  @ParameterizedTest
  @EnumSource
  void aSampleHasTheTimeOfItsPushInMilliseconds(WriteProtocol protocol) throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    long before = System.currentTimeMillis();
    push(protocol, "/job/" + job, job, "x 1\ny 2\n", 2);
    long after = System.currentTimeMillis();

    List<Sample> samples = target(protocol).samplesOf("job=" + job + "]");
    Sample pushed = target(protocol).samplesOf("push_time_seconds, job=" + job + "]").getFirst();
    assertTrue(samples.stream().allMatch(sample -> sample.timeMillis() == pushed.timeMillis()));
    assertTrue(before <= pushed.timeMillis() && pushed.timeMillis() <= after);
    assertEquals(pushed.timeMillis() / 1e3, pushed.value());
  }

  @ParameterizedTest
  @EnumSource
  void samplesOfASeriesComeInTheOrderOfTheirTimes(WriteProtocol protocol) throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    for (int i = 1; i <= 30; i++) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/" + job, "x " + i + "\n").status());
      RunningProcess.pause(Duration.ofMillis(2));
    }
    RemoteWriteReceiver target = target(protocol);
    RemoteWriteReceiver.await(() -> target.samplesOf("=x, job=" + job + "]").size() == 30);

    List<Sample> samples = target.samplesOf("=x, job=" + job + "]");
    for (int i = 0; i < samples.size(); i++) {
      assertEquals(i + 1.0, samples.get(i).value());
      assertTrue(i == 0 || samples.get(i - 1).timeMillis() < samples.get(i).timeMillis());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSeriesThatEndsGetsPrometheusStaleMarker(WriteProtocol protocol) throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    push(protocol, "/job/" + job, job, "x 1\ny 2\n", 2);
    gateway.send("PUT", "/metrics/job/" + job, "x 1\n");
    RemoteWriteReceiver target = target(protocol);
    RemoteWriteReceiver.await(() -> target.samplesOf("=y, job=" + job + "]").size() == 2);
    gateway.send("DELETE", "/metrics/job/" + job, "");
    RemoteWriteReceiver.await(
        () -> target.samplesOf("=x, job=" + job + "]").stream().anyMatch(Sample::isStale));

    for (String name : List.of("x", "y", "push_time_seconds")) {
      List<Sample> samples = target.samplesOf("=" + name + ", job=" + job + "]");
      assertTrue(samples.getLast().isStale(), name);
      assertEquals(1, samples.stream().filter(Sample::isStale).count());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPushThatIsRefusedSendsNothing(WriteProtocol protocol) throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    assertEquals(400, gateway.send("PUT", "/metrics/job/" + job, "x one\n").status());
    push(protocol, "x 1\n", 1);

    assertEquals(List.of(), target(protocol).samplesOf("job=" + job + "]"));
  }

  @ParameterizedTest
  @EnumSource
  void aPushWithoutMetricsSendsNothing(WriteProtocol protocol) throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    assertEquals(200, gateway.send("PUT", "/metrics/job/" + job, "").status());
    push(protocol, "x 1\n", 1);

    assertEquals(List.of(), target(protocol).samplesOf("job=" + job + "]"));
  }

  @ParameterizedTest
  @EnumSource
  void noRequestHasMoreSamplesThanItMay(WriteProtocol protocol) throws IOException {
    int count = 3 * MOST_SAMPLES + 7;
    String body =
        IntStream.range(0, count)
            .mapToObj(i -> "x{i=\"" + i + "\"} " + i + "\n")
            .collect(Collectors.joining());

    List<Series> series = push(protocol, body, count);
    assertEquals(count, series.stream().map(Series::text).distinct().count());
    List<Request> requests = target(protocol).requests();
    assertTrue(requests.stream().allMatch(request -> request.samples() <= MOST_SAMPLES));
    assertTrue(requests.stream().anyMatch(request -> request.samples() == MOST_SAMPLES));
  }

  @ParameterizedTest
  @EnumSource(names = "V2")
  void symbolsAreEachOnceAndUsedAndTheFirstIsEmpty(WriteProtocol protocol) throws IOException {
    push(protocol, "# HELP x job\nx{a=\"x\",b=\"x\"} 1\nx{a=\"y\",b=\"a\"} 1\n", 2);

    for (Request request : target(protocol).requests()) {
      assertEquals("", request.symbols().getFirst());
      var used = new TreeSet<String>();
      used.add("");
      for (Series series : request.series()) {
        series
            .labels()
            .forEach(
                label -> {
                  used.add(label.getKey());
                  used.add(label.getValue());
                });
        used.add(series.metadata().help());
        used.add(series.metadata().unit());
      }
      assertEquals(List.copyOf(used), request.symbols().stream().sorted().toList());
    }
  }

  private static final String TYPES =
      """
      # HELP m_c A "counter" of \\\\ and\\n lines.
      # TYPE m_c counter
      m_c 1
      # HELP m_g Grüße.
      # TYPE m_g gauge
      m_g 2
      # TYPE m_h histogram
      m_h_bucket{le="+Inf"} 3
      m_h_sum 4
      m_h_count 3
      # TYPE m_s summary
      m_s_sum 6
      m_s_count 7
      m_u 8
      """;

  private static final Map<String, Metadata> KNOWN =
      Map.of(
          "m_c", new Metadata("", 1, "A \"counter\" of \\ and\n lines.", ""),
          "m_g", new Metadata("", 2, "Grüße.", ""),
          "m_h", new Metadata("", 3, "", ""),
          "m_s", new Metadata("", 5, "", ""),
          "m_u", new Metadata("", 0, "", ""),
          "push_time_seconds",
              new Metadata(
                  "",
                  2,
                  "Last Unix time when changing this group in the Pushgateway succeeded.",
                  ""));

  @ParameterizedTest
  @EnumSource(names = "V2")
  void eachSeriesOfVersion2BringsItsMetadata(WriteProtocol protocol) throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    push(protocol, "/job/" + job, job, TYPES, 8);

    for (Request request : target(protocol).requests()) {
      for (Series series : request.series()) {
        if (series.text().contains("job=" + job)) {
          String name = series.labels().getFirst().getValue();
          String family = name.replaceFirst("_(bucket|sum|count)$", "");
          assertEquals(KNOWN.get(family), series.metadata(), name);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "V1")
  void version1TellsTheMetadataAgainAndAgainInItsOwnRequests(WriteProtocol protocol)
      throws IOException {
    push(protocol, TYPES, 8);
    RemoteWriteReceiver target = target(protocol);
    KNOWN.forEach(
        (name, metadata) ->
            RemoteWriteReceiver.await(
                () -> told(target).stream().filter(one -> one.name().equals(name)).count() >= 2));

    for (Metadata one : told(target)) {
      if (KNOWN.containsKey(one.name())) {
        assertEquals(KNOWN.get(one.name()), new Metadata("", one.type(), one.help(), one.unit()));
      }
    }
    for (Request request : target.told()) {
      assertEquals(List.of(), request.series());
      assertTrue(request.metadata().size() <= MOST_FAMILIES);
      assertEquals(protocol.contentType(), request.header("Content-Type"));
    }
    assertEquals(List.of(), target(WriteProtocol.V2).told());
  }

  private static RemoteWriteReceiver target(WriteProtocol protocol) {
    return Objects.requireNonNull(TARGETS.get(protocol));
  }

  private static List<Metadata> told(RemoteWriteReceiver target) {
    return target.told().stream().flatMap(request -> request.metadata().stream()).toList();
  }

  /** Pushes to a group of its own, and returns what a target got of it but for the push's time. */
  private static List<Series> push(WriteProtocol protocol, String body, int samples)
      throws IOException {
    String job = "j" + JOBS.incrementAndGet();
    return push(protocol, "/job/" + job, job, body, samples);
  }

  private static List<Series> push(
      WriteProtocol protocol, String group, String job, String body, int samples)
      throws IOException {
    RemoteWriteReceiver target = target(protocol);
    assertEquals(200, gateway.send("PUT", "/metrics" + group, body).status());
    RemoteWriteReceiver.await(() -> samples(of(target, job)) == samples + 1);
    List<Series> series = new ArrayList<>(of(target, job));
    series.removeIf(one -> one.text().contains("=push_time_seconds,"));
    assertEquals(samples, samples(series));
    return series;
  }

  private static int samples(List<Series> series) {
    return series.stream().mapToInt(one -> one.samples().size()).sum();
  }

  private static List<Series> of(RemoteWriteReceiver target, String job) {
    return target.requests().stream()
        .flatMap(request -> request.series().stream())
        .filter(series -> series.labels().contains(Map.entry("job", job)))
        .toList();
  }

  private static String withoutJob(Series series) {
    return series.labels().stream()
        .filter(label -> !label.getKey().equals("job"))
        .toList()
        .toString();
  }
}
