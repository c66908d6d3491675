package io.silverback.server.handler;

import static io.silverback.server.ReadClient.CHUNKS;
import static io.silverback.server.ReadClient.EQUAL;
import static io.silverback.server.ReadClient.LIKE;
import static io.silverback.server.ReadClient.NOT_EQUAL;
import static io.silverback.server.ReadClient.NOT_LIKE;
import static io.silverback.server.ReadClient.SAMPLES;
import static io.silverback.server.ReadClient.always;
import static io.silverback.server.ReadClient.field;
import static io.silverback.server.ReadClient.frames;
import static io.silverback.server.ReadClient.hints;
import static io.silverback.server.ReadClient.integer;
import static io.silverback.server.ReadClient.matcher;
import static io.silverback.server.ReadClient.query;
import static io.silverback.server.ReadClient.request;
import static io.silverback.server.ReadClient.results;
import static io.silverback.server.ReadClient.snappy;
import static io.silverback.server.ReadClient.varint;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Labels;
import io.silverback.server.ReadClient;
import io.silverback.server.ReadClient.Series;
import io.silverback.server.RunningProcess;
import io.silverback.server.TestGateway;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.StoreNotReadyException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Remote read, as Prometheus asks it.
 *
 * <p>Longer than other classes, as its tests share a server and the readers of its answers.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ReadHandlerTest {
  private static final byte[] UP = matcher(EQUAL, "__name__", "up");

  private TestGateway gateway;

  @BeforeAll
  void start() {
    gateway =
        TestGateway.start(
            SomeHistory::new, "--limits.max-history-samples=100000", "--limits.max-selectors=4");
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  /** A history that tries the order and the limits of answers. */
  private static final class SomeHistory extends FrontStore {
    private SomeHistory(MetricStore store) {
      super(store);
    }

    @Override
    public void history(HistoryQuery query, QueryBudget budget, HistorySink sink)
        throws IOException {
      give(query, sink, "up", Labels.of("job", "b"), 300);
      give(query, sink, "up", Labels.of("instance", "", "job", "b", "z", "line\nfeed"), 2);
      give(query, sink, "up", Labels.of("Zone", "x", "job", "c"), 1);
      give(query, sink, "up", Labels.of("job", "a"), 121);
      if (query.matches("twice", Labels.of("job", "b"))) {
        sink.series("twice", Labels.of("job", "b"), new HeldSamples(new long[] {1, 3, 5}, 1, 3, 5));
        sink.series(
            "twice",
            Labels.of("instance", "", "job", "b"),
            new HeldSamples(new long[] {2, 3, 9}, 2, 4, 9));
      }
      give(query, sink, "many", Labels.of("job", "m"), 100_001);
      if (query.matches("late", Labels.EMPTY)) {
        give(query, sink, "late", Labels.EMPTY, 90_000);
        throw new StoreNotReadyException("as the test wants it");
      }
    }

    private static void give(
        HistoryQuery query, HistorySink sink, String name, Labels labels, int count)
        throws IOException {
      if (query.matches(name, labels)) {
        long[] times = new long[count];
        Arrays.setAll(times, i -> 1000L * i);
        double[] values = new double[count];
        Arrays.setAll(values, i -> i * 0.5);
        sink.series(name, labels, new HeldSamples(times, values));
      }
    }
  }

  private static URI address(TestGateway of) {
    return URI.create("http://127.0.0.1:" + of.port() + "/api/v1/read");
  }

  private HttpResponse<byte[]> ask(int form, byte[]... queries) {
    return ReadClient.post(address(gateway), request(form, queries));
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private List<String> found(byte[]... matchers) {
    return results(ask(SAMPLES, always(matchers))).getFirst().stream()
        .map(series -> String.join(",", series.labels()))
        .toList();
  }

  @Test
  void seriesAndLabelsAreInTheOrderOfTheirBytesWithoutEmptyOnes() {
    assertEquals(
        List.of(
            "Zone=x,__name__=up,job=c",
            "__name__=up,job=a",
            "__name__=up,job=b",
            "__name__=up,job=b,z=line\nfeed"),
        found(UP));
  }

  @Test
  void bothFormsHaveTheSameSamples() {
    HttpResponse<byte[]> sampled = ask(SAMPLES, always(UP), always(matcher(EQUAL, "job", "a")));
    HttpResponse<byte[]> chunked = ask(CHUNKS, always(UP), always(matcher(EQUAL, "job", "x")));

    Series long300 = results(sampled).getFirst().get(2);
    assertEquals(300, long300.samples().size());
    assertEquals("1000 3fe0000000000000", long300.samples().get(1));
    assertEquals(results(sampled).subList(0, 1), List.copyOf(frames(chunked).values()));
  }

  @Test
  void everyQueryHasAResultAndFramesSayWhichOne() {
    byte[] nothing = always(matcher(EQUAL, "__name__", "nope"));
    byte[] c = always(matcher(EQUAL, "job", "c"));

    assertEquals(
        List.of(0, 1, 0),
        results(ask(SAMPLES, nothing, c, nothing)).stream().map(List::size).toList());
    assertEquals(Map.of(1L, 1), sizes(frames(ask(CHUNKS, nothing, c, nothing))));
    assertEquals(List.of(), results(ask(SAMPLES)));
    HttpResponse<byte[]> none = ask(CHUNKS, nothing);
    assertEquals(Map.of(), sizes(frames(none)));
    assertEquals(0, none.body().length);
  }

  private static Map<Long, Integer> sizes(Map<Long, List<Series>> frames) {
    return frames.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, it -> it.getValue().size()));
  }

  @Test
  void conditionsOfAllKindsAreThoseOfPrometheus() {
    String a = "__name__=up,job=a";
    String b = "__name__=up,job=b";
    String c = "Zone=x,__name__=up,job=c";
    String z = "__name__=up,job=b,z=line\nfeed";
    assertEquals(List.of(a), found(UP, matcher(EQUAL, "job", "a")));
    assertEquals(List.of(c, a, b), found(UP, matcher(EQUAL, "z", "")));
    assertEquals(List.of(c), found(UP, matcher(NOT_EQUAL, "Zone", "")));
    assertEquals(List.of(c, a), found(UP, matcher(LIKE, "job", "a|c")));
    assertEquals(List.of(), found(UP, matcher(LIKE, "job", "")));
    assertEquals(List.of(z), found(UP, matcher(LIKE, "z", "line.f.*")));
    assertEquals(List.of(c, a, b), found(UP, matcher(NOT_LIKE, "z", "line.+")));
    assertEquals(List.of(c, a, b, z), found(UP, matcher(LIKE, "instance", "x?")));
    assertEquals(400, ask(SAMPLES, always(UP, matcher(LIKE, "a", "("))).statusCode());
    assertEquals(400, ask(SAMPLES, always(UP, matcher(4, "a", "b"))).statusCode());
  }

  @Test
  void groupsWithTheSameLabelsAreOneSeries() {
    byte[] twice = always(matcher(EQUAL, "__name__", "twice"));
    Series one = results(ask(SAMPLES, twice)).getFirst().getFirst();

    assertEquals(
        List.of("1", "2", "3", "5", "9"),
        one.samples().stream().map(sample -> sample.split(" ", 2)[0]).toList());
    assertEquals(Map.of(0L, List.of(one)), frames(ask(CHUNKS, twice)));
  }

  @Test
  void aQueryForSeriesGetsNoSamples() {
    byte[] series = always(UP, hints("series"));
    assertEquals(4, results(ask(SAMPLES, series)).getFirst().size());
    for (Series found : results(ask(SAMPLES, series)).getFirst()) {
      assertEquals(List.of(), found.samples());
    }
    assertEquals(results(ask(SAMPLES, series)).getFirst(), frames(ask(CHUNKS, series)).get(0L));
    byte[] other = always(UP, hints("rate"));
    assertEquals(121, results(ask(SAMPLES, other)).getFirst().get(1).samples().size());
  }

  @Test
  void theFirstFormThatIsKnownIsTaken() {
    assertEquals(1, results(ask(-1, always(UP))).size());
    byte[] asked = request(-1, always(UP));
    // Not packed, the unknown one first.
    assertEquals(
        4,
        frames(post(asked, integer(2, 7), integer(2, CHUNKS), integer(2, SAMPLES)))
            .getOrDefault(0L, List.of())
            .size());
    assertEquals(1, results(post(asked, field(2, new byte[] {9, SAMPLES, CHUNKS}))).size());
    HttpResponse<byte[]> refused = post(asked, field(2, new byte[] {2, 3}));
    assertEquals(400, refused.statusCode());
    assertTrue(text(refused).contains("none of the requested response types"), text(refused));
  }

  private HttpResponse<byte[]> post(byte[] message, byte[]... more) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(message);
    Arrays.stream(more).forEach(out::writeBytes);
    return ReadClient.post(address(gateway), out.toByteArray());
  }

  @Test
  void whateverFailsIsToldBeforeTheFirstByte() {
    byte[] many = always(matcher(EQUAL, "__name__", "many"));
    for (int form : new int[] {SAMPLES, CHUNKS}) {
      HttpResponse<byte[]> tooMany = ask(form, many);
      assertEquals(422, tooMany.statusCode());
      assertTrue(text(tooMany).contains("--limits.max-history-samples"), text(tooMany));
      assertEquals(503, ask(form, always(matcher(EQUAL, "__name__", "late"))).statusCode());
    }
    byte[][] five = IntStream.range(0, 5).mapToObj(_ -> always(UP)).toArray(byte[][]::new);
    assertEquals(422, ask(SAMPLES, five).statusCode());
  }

  @Test
  void aBodyThatLiesAboutItsLengthTakesNoMemory() {
    HttpResponse<byte[]> huge = ReadClient.postRaw(address(gateway), varint(0xffff_ffffL));
    assertEquals(400, huge.statusCode());
    assertEquals("snappy: corrupt input\n", text(huge));
    byte[] zeros = snappy(new byte[2 << 20]);
    HttpResponse<byte[]> tooLarge = ReadClient.postRaw(address(gateway), zeros);
    assertEquals(413, tooLarge.statusCode());
    assertTrue(text(tooLarge).contains("--limits.max-form-size"), text(tooLarge));
    assertEquals(400, ReadClient.postRaw(address(gateway), new byte[0]).statusCode());
  }

  @Test
  void aRequestCutAtAnyPlaceOrDamagedIsAnsweredOrRefused() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    byte[] whole = request(CHUNKS, always(UP, matcher(LIKE, "job", "a|b"), hints("series")));
    byte[] packed = snappy(whole);
    for (int length = 0; length < whole.length; length++) {
      assertSane(snappy(Arrays.copyOf(whole, length)), "length=" + length);
      byte[] damaged = whole.clone();
      damaged[length] = (byte) random.nextInt();
      assertSane(snappy(damaged), "seed=" + seed + " at=" + length);
    }
    for (int length = 0; length < packed.length; length++) {
      assertEquals(
          400,
          ReadClient.postRaw(address(gateway), Arrays.copyOf(packed, length)).statusCode(),
          "length=" + length);
    }
  }

  private void assertSane(byte[] body, String what) {
    int status = ReadClient.postRaw(address(gateway), body).statusCode();
    assertTrue(status == 200 || status == 400, what + " status=" + status);
  }

  @Test
  void anExternalLabelIsTakenInConditionsAndPutOnAllSeries() throws IOException {
    try (var labelled =
        TestGateway.start(
            "--remote-read.external-label=region=eu", "--remote-read.external-label=a=b")) {
      labelled.send("PUT", "/metrics/job/j", "x 1\n");
      labelled.send("PUT", "/metrics/job/j/region/us", "x 1\n");
      byte[] x = matcher(EQUAL, "__name__", "x");

      assertEquals(
          List.of("__name__=x,a=b,job=j,region=eu"),
          names(labelled, x, matcher(EQUAL, "region", "eu"), matcher(EQUAL, "a", "b")));
      assertEquals(
          List.of("__name__=x,a=b,job=j,region=eu", "__name__=x,a=b,job=j,region=us"),
          names(labelled, x));
      assertEquals(
          List.of("__name__=x,a=b,job=j,region=us"),
          names(labelled, x, matcher(EQUAL, "region", "us")));
      // All that is here.
      assertEquals(4, names(labelled, matcher(EQUAL, "a", "b")).size());
    }
  }

  @Test
  void aLabelThatNoSeriesHasIsLogged() throws IOException {
    try (var plain = TestGateway.start();
        var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      plain.send("PUT", "/metrics/job/j", "x{k=\"v\"} 1\n");
      byte[] x = matcher(EQUAL, "__name__", "x");

      assertEquals(List.of(), names(plain, x, matcher(NOT_EQUAL, "k", "v")));
      assertEquals(List.of(), captured.lines());
      assertEquals(List.of(), names(plain, x, matcher(EQUAL, "k", "v"), matcher(EQUAL, "r", "eu")));
      List<String> lines = captured.lines();
      assertEquals(1, lines.size(), lines::toString);
      assertTrue(lines.getFirst().contains("--remote-read.external-label"), lines::toString);
      assertTrue(lines.getFirst().contains(" label=r"), lines::toString);
    }
  }

  private static List<String> names(TestGateway of, byte[]... matchers) {
    return results(ReadClient.post(address(of), request(SAMPLES, always(matchers))))
        .getFirst()
        .stream()
        .map(series -> String.join(",", series.labels()))
        .toList();
  }

  @Test
  void bothEndsOfTheTimeAreIncluded() throws IOException {
    try (var pushed = TestGateway.start()) {
      for (int i = 0; i < 5; i++) {
        pushed.send("PUT", "/metrics/job/j", "x " + i + "\n");
        RunningProcess.pause(Duration.ofMillis(3));
      }
      byte[] x = matcher(EQUAL, "__name__", "x");
      List<String> all = samples(pushed, always(x));
      long[] times = all.stream().mapToLong(it -> Long.parseLong(it.split(" ", 2)[0])).toArray();

      assertEquals(5, all.size());
      assertEquals(all.stream().sorted(Comparator.naturalOrder()).toList(), all);
      assertEquals(all.subList(1, 4), samples(pushed, query(times[1], times[3], x)));
      assertEquals(
          List.of(),
          results(
                  ReadClient.post(
                      address(pushed), request(SAMPLES, query(times[4] + 1, times[4] + 9, x))))
              .getFirst());
    }
  }

  /** Values that compress to next to nothing, somewhat and not at all, over several pages. */
  @Test
  void asManySamplesAreReadAsWerePushedWhateverTheirValuesAre() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    Map<String, DoubleSupplier> patterns =
        Map.of(
            "constant", () -> 7,
            "bounded", () -> random.nextInt(1_000),
            "random", () -> Double.longBitsToDouble(random.nextLong() >>> 2));
    try (var pushed = TestGateway.start()) {
      var expected = new TreeMap<String, List<String>>();
      for (int push = 0; push < 300; push++) {
        for (var pattern : patterns.entrySet()) {
          String job = pattern.getKey();
          var body = new StringBuilder();
          for (int i = 0; i < 20; i++) {
            double value = pattern.getValue().getAsDouble();
            body.append("x{i=\"%d\"} %s\n".formatted(i, value));
            expected
                .computeIfAbsent("__name__=x,i=" + i + ",job=" + job, _ -> new ArrayList<>())
                .add(Long.toHexString(Double.doubleToRawLongBits(value)));
          }
          pushed.send("PUT", "/metrics/job/" + job, body.toString());
        }
        // Two pushes of one millisecond would be one sample.
        RunningProcess.pause(Duration.ofMillis(2));
      }
      byte[] x = always(matcher(EQUAL, "__name__", "x"));
      List<Series> sampled =
          results(ReadClient.post(address(pushed), request(SAMPLES, x))).getFirst();

      assertEquals(expected, valuesOf(sampled), "seed=" + seed);
      assertEquals(
          Map.of(0L, sampled), frames(ReadClient.post(address(pushed), request(CHUNKS, x))));
    }
  }

  /** By labels, the values of the samples. */
  private static Map<String, List<String>> valuesOf(List<Series> found) {
    return found.stream()
        .collect(
            Collectors.toMap(
                series -> String.join(",", series.labels()),
                series ->
                    series.samples().stream().map(sample -> sample.split(" ", 2)[1]).toList()));
  }

  private static List<String> samples(TestGateway of, byte[] query) {
    return results(ReadClient.post(address(of), request(SAMPLES, query)))
        .getFirst()
        .getFirst()
        .samples();
  }

  /** The store breaks off while an answer is gathered, so the client sees no half of one. */
  @Test
  void aFaultWhileSeriesAreGatheredIsNoAnswer() {
    try (var faulty =
        TestGateway.start(
            store ->
                new FrontStore(store) {
                  @Override
                  public void history(HistoryQuery query, QueryBudget budget, HistorySink sink)
                      throws IOException {
                    SomeHistory.give(query, sink, "up", Labels.EMPTY, 500);
                    throw new IllegalStateException("as the test wants it");
                  }
                })) {
      try {
        assertEquals(
            500, ReadClient.post(address(faulty), request(CHUNKS, always(UP))).statusCode());
      } catch (UncheckedIOException _) {
        // Broken off without an answer, which is as good.
      }
    }
  }
}
