package io.silverback.server.limits;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.airlift.compress.snappy.SnappyFramedOutputStream;
import io.silverback.server.OpenRequest;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.RunningProcess;
import io.silverback.server.TestGateway;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each limit of bodies and answers, as a client meets it.
 *
 * <p>Longer than other classes, as it has a case for each limit.
 */
public final class RequestLimitsTest {
  private static final String SHORT_WAIT = "--limits.max-wait=100ms";

  @ParameterizedTest
  @CsvSource({
    "SERIES_PER_GROUP, 422, false",
    "LABEL_LENGTH, 422, true",
    "GROUPS, 429, false",
    "SERIES, 429, true",
    "MEMORY, 503, false",
  })
  void aPushThatTheStoreHasNoRoomForIsToldWhy(Limit limit, int status, boolean unchecked)
      throws IOException {
    String[] flags = unchecked ? new String[] {"--push.disable-consistency-check"} : new String[0];
    try (var gateway = TestGateway.start(store -> new FullStore(store, limit), flags)) {
      gateway.send("PUT", "/metrics/job/first", "a 1\n");

      Answer refused = gateway.send("PUT", "/metrics/job/full", "a 2\n");

      assertEquals(status, refused.status());
      assertEquals("full, raise --" + limit.flag() + ": limit=1\n", refused.text());
      assertEquals(status != 422, refused.header("Retry-After").isPresent());
      assertEquals(1, refusedBy(gateway, limit.flag()));
      assertEquals(List.of("a{instance=\"\",job=\"first\"} 1"), gateway.exposed("a{"));
    }
  }

  @Test
  void aBodyThatNeverFitsTheMemoryForBodiesIsTooLarge() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-body-memory=64KiB")) {
      gateway.send("PUT", "/metrics/job/small", "a 1\n");

      Answer refused = gateway.send("PUT", "/metrics/job/large", "a 1\n".repeat(1000));

      assertEquals(413, refused.status());
      assertTrue(refused.text().contains("raise --limits.max-body-memory"), refused.text());
      assertEquals(1, refusedBy(gateway, "limits.max-body-memory"));
      assertStays(gateway, "small");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "snappy"})
  void aBombIsRefusedBeforeItIsInflated(String encoding) throws IOException {
    byte[] bomb = bomb(encoding, "#", 200 << 20);
    for (String flag : List.of("limits.max-inflated-size", "limits.max-body-memory")) {
      try (var gateway = TestGateway.start("--" + flag + "=16MiB")) {
        gateway.send("PUT", "/metrics/job/small", "a 1\n");

        Answer refused =
            gateway.send("PUT", "/metrics/job/bomb", bomb, "Content-Encoding: " + encoding);

        assertEquals(413, refused.status());
        assertTrue(refused.text().contains("raise --" + flag), refused.text());
        assertEquals(1, refusedBy(gateway, flag));
        assertStays(gateway, "small");
      }
    }
  }

  /** What few bytes inflate to takes the memory of a window, whatever it is. */
  @ParameterizedTest
  @CsvSource({
    "#, limits.max-inflated-part",
    "a, limits.max-inflated-part",
    "'a 1\n', limits.max-parsed-ratio",
    "'a{x=\"1\"} 1\n', limits.max-parsed-ratio",
  })
  void aBombIsRefusedBeforeAllOfItIsParsed(String piece, String flag) throws IOException {
    byte[] bomb = bomb("gzip", piece.translateEscapes(), 20 << 20);
    try (var gateway = TestGateway.start()) {
      gateway.send("PUT", "/metrics/job/small", "a 1\n");

      Answer refused = gateway.send("PUT", "/metrics/job/bomb", bomb, "Content-Encoding: gzip");

      assertEquals(413, refused.status(), refused.text());
      assertTrue(refused.text().contains("raise --" + flag), refused.text());
      assertEquals(1, refusedBy(gateway, flag));
      assertStays(gateway, "small");
      await(() -> used(gateway, "limits.max-body-memory") == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "snappy"})
  void aLargeBodyOfCommentsTakesTheMemoryOfAWindow(String encoding) throws IOException {
    byte[] comments = bomb(encoding, "# a comment that says nothing\n\n", 20 << 20);
    try (var gateway = TestGateway.start("--limits.max-body-memory=16MiB")) {
      Answer taken =
          gateway.send("PUT", "/metrics/job/j", comments, "Content-Encoding: " + encoding);

      assertEquals(200, taken.status(), taken.text());
    }
  }

  /** Over the size up to which a body is unpacked as a whole. */
  @ParameterizedTest
  @ValueSource(strings = {"gzip", "snappy"})
  void allSeriesOfALargePackedBodyAreStored(String encoding) throws IOException {
    var text = new StringBuilder("# TYPE large gauge\n");
    int series = 60_000;
    for (int i = 0; i < series; i++) {
      text.append("large{instance=\"host-").append(i).append("\",padding=\"");
      text.append("x".repeat(70)).append("\"} ").append(i).append('\n');
    }
    try (var gateway = TestGateway.start()) {
      Answer taken =
          gateway.send(
              "PUT",
              "/metrics/job/j",
              bomb(encoding, text.toString(), text.length()),
              "Content-Encoding: " + encoding);

      assertEquals(200, taken.status(), taken.text());
      String page = gateway.send("GET", "/metrics", "").text();
      assertEquals(series, page.lines().filter(line -> line.startsWith("large{")).count());
      assertTrue(page.contains("host-59999"), "the last one");
    }
  }

  /** As the words of upstream count them. */
  @Test
  void aFaultFarIntoALargePackedBodyNamesItsLine() throws IOException {
    int lines = 300_000;
    String text = "# a comment of some length\n".repeat(lines) + "a x\n";
    try (var gateway = TestGateway.start()) {
      Answer refused =
          gateway.send(
              "PUT", "/metrics/job/j", bomb("gzip", text, text.length()), "Content-Encoding: gzip");

      assertEquals(400, refused.status());
      assertTrue(
          refused.text().contains("in line " + (lines + 1) + ": expected float"), refused.text());
    }
  }

  @Test
  void aBodyWaitsForMemoryThatOthersHaveAndIsThenRefused() throws IOException {
    try (var gateway = TestGateway.start(SHORT_WAIT, "--limits.max-body-memory=640KiB")) {
      String body = ("#" + "x".repeat(998) + "\n").repeat(100);
      try (var slow = new OpenRequest(gateway.port())) {
        slow.send("PUT /metrics/job/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 600000\r\n\r\n");
        slow.send("#".repeat(500_000));
        await(() -> used(gateway, "limits.max-body-memory") > 500_000);

        Answer refused = gateway.send("PUT", "/metrics/job/quick", body);

        assertEquals(503, refused.status());
        assertEquals("1", refused.header("Retry-After").orElseThrow());
        assertTrue(refused.text().contains("raise --limits.max-body-memory"), refused.text());
        assertEquals(1, refusedBy(gateway, "limits.max-body-memory"));
      }
      await(() -> used(gateway, "limits.max-body-memory") == 0);
      assertEquals(200, gateway.send("PUT", "/metrics/job/quick", body).status());
    }
  }

  @Test
  void aSeriesMayNotHaveTooManyLabels() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-labels-per-series=3")) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/j/l/v", "a{x=\"1\"} 1\n").status());

      Answer refused = gateway.send("PUT", "/metrics/job/j/l/v", "a{x=\"1\",y=\"2\"} 1\n");

      assertEquals(422, refused.status());
      assertEquals(
          "a series has too many labels, those of the path included, remove some or raise"
              + " --limits.max-labels-per-series: name=a labels=4 limit=3\n",
          refused.text());
      assertEquals(1, refusedBy(gateway, "limits.max-labels-per-series"));
    }
  }

  @Test
  void aGroupingKeyMayNotBeTooLong() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-key-length=100B")) {
      String longest = "/metrics/job/" + "j".repeat(97);
      assertEquals(200, gateway.send("PUT", longest, "a 1\n").status());

      Answer refused = gateway.send("PUT", longest + "j", "a 1\n");

      assertEquals(422, refused.status());
      assertTrue(refused.text().endsWith("--limits.max-key-length: length=101 limit=100\n"));
    }
  }

  @Test
  void theLabelsOfThePathCountForEachSeries() throws IOException {
    var path = new StringBuilder("/metrics/job/j");
    for (int i = 0; i < 400; i++) {
      path.append("/l").append(i).append("/v");
    }
    String body =
        "a{n=\"%d\"} 1\n".repeat(500).formatted(IntStream.range(0, 500).boxed().toArray());
    try (var gateway = TestGateway.start("--limits.max-body-memory=5MiB")) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", body).status());

      Answer refused = gateway.send("PUT", path.toString(), body);

      assertEquals(413, refused.status());
      assertTrue(refused.text().contains("--limits.max-body-memory"), refused.text());
    }
  }

  @Test
  void pushesBeyondThePlacesWaitAndAreThenRefused() throws Exception {
    var inside = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    try (var gateway =
            TestGateway.start(
                store -> new SlowStore(store, inside, goOn),
                SHORT_WAIT,
                "--limits.max-concurrent-pushes=1");
        var client = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = client.submit(() -> gateway.send("PUT", "/metrics/job/first", "a 1\n"));
      inside.await();

      Answer refused = gateway.send("PUT", "/metrics/job/second", "a 2\n");

      assertEquals(503, refused.status());
      assertEquals("1", refused.header("Retry-After").orElseThrow());
      assertEquals(
          "too many requests at once, try again later or raise --limits.max-concurrent-pushes:"
              + " limit=1\n",
          refused.text());
      assertEquals(1, used(gateway, "limits.max-concurrent-pushes"));
      goOn.countDown();
      assertEquals(200, first.get().status());
      assertEquals(200, gateway.send("PUT", "/metrics/job/second", "a 2\n").status());
      assertEquals(1, refusedBy(gateway, "limits.max-concurrent-pushes"));
    }
  }

  @Test
  void whoStillSendsTakesNoPlace() throws IOException {
    try (var gateway = TestGateway.start(SHORT_WAIT, "--limits.max-concurrent-pushes=1");
        var slow = new OpenRequest(gateway.port())) {
      slow.send("PUT /metrics/job/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na");

      assertEquals(200, gateway.send("PUT", "/metrics/job/quick", "a 1\n").status());
    }
  }

  @Test
  void scrapesBeyondThePlacesWaitAndAreThenRefused() throws Exception {
    var inside = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    try (var gateway =
            TestGateway.start(
                store -> new SlowStore(store, inside, goOn),
                SHORT_WAIT,
                "--limits.max-concurrent-scrapes=1");
        var client = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = client.submit(() -> gateway.get("/metrics"));
      inside.await();

      for (String path : List.of("/metrics", "/api/v1/metrics", "/api/v1/history?match[]=a")) {
        Answer refused = gateway.get(path);

        assertEquals(503, refused.status());
        assertEquals("1", refused.header("Retry-After").orElseThrow());
        assertTrue(refused.text().contains("--limits.max-concurrent-scrapes"), refused.text());
      }
      assertEquals(3, refusedBy(gateway, "limits.max-concurrent-scrapes"));
      goOn.countDown();
      assertEquals(200, first.get().status());
      assertEquals(200, gateway.get("/metrics").status());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metrics", "/api/v1/metrics"})
  void anAnswerWithoutMemoryForItIsRefused(String path) throws IOException {
    try (var gateway = TestGateway.start("--limits.max-scrape-memory=64KiB")) {
      gateway.send("PUT", "/metrics/job/j", "a 1\n");

      Answer refused = gateway.get(path);

      assertEquals(503, refused.status());
      assertEquals("1", refused.header("Retry-After").orElseThrow());
      assertTrue(refused.text().contains("raise --limits.max-scrape-memory"), refused.text());
      assertEquals(1, refusedBy(gateway, "limits.max-scrape-memory"));
      assertEquals(0, used(gateway, "limits.max-scrape-memory"));
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", "a 2\n").status());
      assertEquals(200, gateway.get("/api/v1/admin/top").status());
    }
  }

  @Test
  void aScrapeWaitsForMemoryThatOthersHaveAndIsThenRefused() throws IOException {
    // Enough for one answer and not for two.
    try (var gateway = TestGateway.start(SHORT_WAIT, "--limits.max-scrape-memory=500KiB")) {
      gateway.send("PUT", "/metrics/job/j", largeBody());
      try (var slow = new OpenRequest(gateway.port())) {
        slow.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        await(() -> used(gateway, "limits.max-scrape-memory") > 0);

        Answer refused = gateway.get("/metrics");

        assertEquals(503, refused.status());
        assertEquals("1", refused.header("Retry-After").orElseThrow());
        assertTrue(refused.text().contains("raise --limits.max-scrape-memory"), refused.text());
        slow.reset();
      }
      await(() -> used(gateway, "limits.max-scrape-memory") == 0);
      assertEquals(200, gateway.get("/metrics").status());
      assertEquals(0, used(gateway, "limits.max-scrape-memory"));
    }
  }

  @Test
  void aClientThatReadsNothingGivesItsMemoryToOneThatWaits() throws IOException {
    try (var gateway =
            TestGateway.start("--limits.max-wait=20s", "--limits.max-scrape-memory=500KiB");
        var blind = new OpenRequest(gateway.port())) {
      gateway.send("PUT", "/metrics/job/j", largeBody());
      blind.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      await(() -> used(gateway, "limits.max-scrape-memory") > 0);

      assertEquals(200, gateway.get("/metrics").status());
      assertEquals(0, refusedBy(gateway, "limits.max-scrape-memory"));
    }
  }

  /** More than what the buffers of a connection take. */
  private static String largeBody() {
    String text = "x".repeat(200);
    return IntStream.range(0, 50_000)
        .mapToObj(i -> "a{number=\"" + i + text + "\"} 1\n")
        .collect(Collectors.joining());
  }

  @Test
  void aQueryForTooManySamplesIsRefusedAsLongAsNothingWasSent() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-history-samples=2")) {
      gateway.send("PUT", "/metrics/job/j", "a 1\nb 1\nc 1\n");

      Answer refused = gateway.get("/api/v1/history?match[]={job=\"j\"}");

      assertEquals(422, refused.status());
      assertEquals(
          "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"the query matches too many"
              + " samples, ask for fewer series or less time, or raise"
              + " --limits.max-history-samples: limit=2\"}",
          refused.text());
      assertEquals(1, refusedBy(gateway, "limits.max-history-samples"));
      assertEquals(200, gateway.get("/api/v1/history?match[]=a").status());
    }
  }

  @Test
  void aQueryThatIsSentInPartIsBrokenOff() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-history-samples=4000");
        var client = new OpenRequest(gateway.port())) {
      var body = new StringBuilder();
      for (int i = 0; i < 5000; i++) {
        body.append("a{number=\"").append(i).append("\"} 1\n");
      }
      gateway.send("PUT", "/metrics/job/j", body.toString());

      client.send("GET /api/v1/history?match[]=a HTTP/1.1\r\nHost: x\r\n\r\n");
      String answer = client.readToEnd();

      assertTrue(answer.startsWith("HTTP/1.1 200 OK"), answer.substring(0, 100));
      assertFalse(answer.endsWith("\r\n0\r\n\r\n"), "the answer looks whole");
      assertEquals(1, refusedBy(gateway, "limits.max-history-samples"));
    }
  }

  @Test
  void everyLimitIsShownFromTheStart() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-concurrent-pushes=7")) {
      JsonNode limits = limits(gateway);
      for (Limit limit : Limit.values()) {
        assertEquals(0, limits.path(limit.flag()).path("refused").asInt(-1), limit.flag());
      }
      assertEquals(7, limits.path("limits.max-concurrent-pushes").path("max").asInt());
      int count = Limit.values().length + RequestLimit.values().length;
      assertEquals(count, limits.size(), limits::toString);
      assertEquals(
          List.of("silverback_limit_max{limit=\"limits.max-concurrent-pushes\"} 7"),
          gateway.exposed("limit_max{limit=\"limits.max-concurrent-pushes\""));
      assertEquals(
          List.of("silverback_limit_used{limit=\"limits.max-concurrent-scrapes\"} 1"),
          gateway.exposed("limit_used{limit=\"limits.max-concurrent-scrapes\""));
      assertEquals(
          count + RefusalReason.values().length,
          gateway.exposed("silverback_refused_requests_total{").size());
      assertTrue(
          gateway.get("/").text().contains("--limits.max-concurrent-pushes</th><td>0</td><td>7"));
    }
  }

  @Test
  void aLimitHasTheUnitOfItsFamily() throws IOException {
    try (var gateway =
        TestGateway.start(
            "--limits.query-timeout=1500ms",
            "--limits.max-body-size=2MiB",
            "--limits.max-groups=9",
            "--limits.max-label-length=100")) {
      assertEquals(
          List.of("silverback_limit_max_seconds{limit=\"limits.query-timeout\"} 1.5"),
          gateway.exposed("{limit=\"limits.query-timeout\""));
      assertEquals(
          List.of("silverback_limit_max_bytes{limit=\"limits.max-body-size\"} 2.097152e+06"),
          gateway.exposed("{limit=\"limits.max-body-size\""));
      assertEquals(
          List.of("silverback_limit_max_bytes{limit=\"limits.max-label-length\"} 100"),
          gateway.exposed("{limit=\"limits.max-label-length\""));
      assertEquals(
          List.of("silverback_limit_max_bytes_per_second{limit=\"limits.min-body-rate\"} 100"),
          gateway.exposed("{limit=\"limits.min-body-rate\""));
      assertEquals(
          List.of(
              "silverback_limit_max{limit=\"limits.max-groups\"} 9",
              "silverback_limit_used{limit=\"limits.max-groups\"} 0"),
          gateway.exposed("{limit=\"limits.max-groups\""));
      assertEquals(1, gateway.exposed("used_bytes{limit=\"storage.max-memory\"").size());
      assertEquals(2, limits(gateway).path("limits.query-timeout").path("max").asInt());
    }
  }

  private static void assertStays(TestGateway gateway, String job) throws IOException {
    assertEquals(List.of("a{instance=\"\",job=\"" + job + "\"} 1"), gateway.exposed("a{"));
    assertEquals(200, gateway.send("PUT", "/metrics/job/next", "b 1\n").status());
  }

  public static long refusedBy(TestGateway gateway, String flag) throws IOException {
    return limits(gateway).path(flag).path("refused").asLong(-1);
  }

  public static long used(TestGateway gateway, String flag) {
    try {
      return limits(gateway).path(flag).path("used").asLong(-1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode limits(TestGateway gateway) throws IOException {
    String status = gateway.get("/api/v1/status").text();
    return new JsonMapper().readTree(status).path("data").path("limits");
  }

  public static void await(BooleanSupplier condition) {
    for (int i = 0; i < 500 && !condition.getAsBoolean(); i++) {
      RunningProcess.pause(Duration.ofMillis(10));
    }
    assertTrue(condition.getAsBoolean(), "did not come true");
  }

  private static byte[] bomb(String encoding, String text, int length) throws IOException {
    var packed = new ByteArrayOutputStream();
    byte[] piece =
        text.repeat(Math.max(1, Math.min(length, 1 << 20) / text.length())).getBytes(UTF_8);
    try (OutputStream out =
        encoding.equals("gzip")
            ? new GZIPOutputStream(packed)
            : new SnappyFramedOutputStream(packed)) {
      for (int sent = 0; sent < length; sent += piece.length) {
        out.write(piece);
      }
    }
    return packed.toByteArray();
  }

  /** Has no room for one job. */
  private static final class FullStore extends FrontStore {
    private final Limit limit;

    FullStore(MetricStore store, Limit limit) {
      super(store);
      this.limit = limit;
    }

    @Override
    public Submission submit(GroupUpdate update) {
      return update.key().job().equals("full")
          ? new Submission.OverLimit(
              update.key(), limit, "full, raise --" + limit.flag() + ": limit=1")
          : super.submit(update);
    }
  }

  /** Lets nobody out before it is told to. */
  private static final class SlowStore extends FrontStore {
    private final CountDownLatch inside;
    private final CountDownLatch goOn;

    SlowStore(MetricStore store, CountDownLatch inside, CountDownLatch goOn) {
      super(store);
      this.inside = inside;
      this.goOn = goOn;
    }

    @Override
    public Submission submit(GroupUpdate update) {
      pass();
      return super.submit(update);
    }

    @Override
    public Snapshot snapshot() {
      pass();
      return super.snapshot();
    }

    private void pass() {
      inside.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException("interrupted while waiting", e);
      }
    }
  }
}
