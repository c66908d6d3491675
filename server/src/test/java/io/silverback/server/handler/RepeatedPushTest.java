package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.TestGateway;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A push that is like the one before has the effect that it would have had if it was parsed. */
final class RepeatedPushTest {
  private static final String PATH = "/metrics/job/j/l/x";
  private static final String TYPED = "# TYPE a counter\n# TYPE b gauge\n";
  private static final String PROTOBUF =
      "Content-Type: application/vnd.google.protobuf;"
          + " proto=io.prometheus.client.MetricFamily; encoding=delimited";

  /** A counter a of 1, and when it was created. */
  private static final byte[] PROTOBUF_COUNTER =
      HexFormat.of().parseHex("180a0161180022111a0f09000000000000f03f1a040880d410");

  /** Its higher byte of the exponent is at the next place. */
  private static final int PROTOBUF_EXPONENT = 18;

  private static final Pattern TIMES = Pattern.compile("(push(_failure)?_time_seconds\\{.*}) .*");

  /** What handlers asked for. */
  private final List<GroupUpdate> updates = new CopyOnWriteArrayList<>();

  private final class Watched extends FrontStore {
    Watched(MetricStore store) {
      super(store);
    }

    @Override
    public Submission submit(GroupUpdate update) {
      updates.add(update);
      return super.submit(update);
    }
  }

  @Test
  void theThirdPushOfTheSameTextIsNotParsed() throws IOException {
    try (var gateway = TestGateway.start(Watched::new)) {
      for (int i = 1; i <= 4; i++) {
        assertEquals(200, gateway.send("PUT", PATH, TYPED + "a 1" + i + "\nb 2\n").status());
        assertTrue(page(gateway).contains("a{instance=\"\",job=\"j\",l=\"x\"} 1" + i + "\n"));
      }

      assertEquals(List.of(false, false, true, true), updates.stream().map(this::isRow).toList());
    }
  }

  @Test
  void theThirdPushOfTheSameProtobufIsNotParsed() throws IOException {
    try (var parsing = TestGateway.start("--limits.max-template-memory=0");
        var gateway = TestGateway.start(Watched::new)) {
      for (int i = 1; i <= 4; i++) {
        byte[] body = PROTOBUF_COUNTER.clone();
        body[PROTOBUF_EXPONENT] += (byte) i;
        for (TestGateway each : List.of(parsing, gateway)) {
          assertEquals(200, each.send("PUT", "/metrics/job/j", body, PROTOBUF).status());
        }
      }

      assertEquals(List.of(false, false, true, true), updates.stream().map(this::isRow).toList());
      assertEquals(page(parsing), page(gateway));
      String created = "seconds: 272896";
      assertTrue(text(gateway).contains(created), text(gateway));
      assertTrue(text(parsing).contains(created));
    }
  }

  @Test
  void aBodyIsReadInTheFormatThatItIsSentIn() throws IOException {
    try (var gateway = TestGateway.start(Watched::new)) {
      for (int i = 1; i <= 3; i++) {
        assertEquals(200, gateway.send("PUT", PATH, "a " + i + "\n").status());
      }

      assertEquals(400, gateway.send("PUT", PATH, "a 4\n", PROTOBUF).status());
      assertTrue(page(gateway).contains("a{instance=\"\",job=\"j\",l=\"x\"} 3\n"));
    }
  }

  @Test
  void withoutMemoryForTemplatesEachPushIsParsed() throws IOException {
    try (var gateway = TestGateway.start(Watched::new, "--limits.max-template-memory=0")) {
      for (int i = 1; i <= 4; i++) {
        assertEquals(200, gateway.send("PUT", PATH, "a " + i + "\n").status());
      }

      assertTrue(updates.stream().noneMatch(this::isRow));
    }
  }

  @Test
  void aGroupThatWasChangedMeanwhileGetsTheWholePush() throws IOException {
    try (var gateway = TestGateway.start(Watched::new)) {
      pushThreeTimes(gateway);

      assertEquals(200, gateway.send("POST", PATH, "c 1\n").status());
      assertEquals(200, gateway.send("PUT", PATH, "a 4\nb 4\n").status());
      String page = page(gateway);
      assertTrue(page.contains("a{instance=\"\",job=\"j\",l=\"x\"} 4\n"), page);
      assertTrue(!page.contains("c{"), page);

      assertEquals(202, gateway.send("DELETE", PATH, "").status());
      assertEquals(200, gateway.send("PUT", PATH, "a 5\nb 5\n").status());
      assertTrue(page(gateway).contains("b{instance=\"\",job=\"j\",l=\"x\"} 5\n"));
    }
  }

  @Test
  void aPushOfThatTextIsRefusedWhereItsNumbersAreWrong() throws IOException {
    try (var gateway = TestGateway.start(Watched::new)) {
      pushThreeTimes(gateway);

      assertEquals(400, gateway.send("PUT", PATH, "a 4\nb x\n").status());
      assertEquals(400, gateway.send("PUT", PATH, "a 4\nb 4").status());
      assertEquals(400, gateway.send("PUT", PATH, "a 4\nb 4 17\n").status());

      assertTrue(page(gateway).contains("a{instance=\"\",job=\"j\",l=\"x\"} 3\n"));
    }
  }

  @Test
  void aPostOfAllFamiliesKeepsWhatAPutWouldDelete() throws IOException {
    try (var gateway = TestGateway.start(Watched::new)) {
      for (int i = 1; i <= 4; i++) {
        assertEquals(200, gateway.send("POST", PATH, "a " + i + "\nb 1\n").status());
      }

      assertTrue(updates.getLast() instanceof GroupUpdate.Revalue revalue && !revalue.replaces());
    }
  }

  @Test
  void aServerWithTemplatesShowsWhatOneWithoutThemShows() throws IOException {
    long seed = Long.getLong("repeated.seed", System.nanoTime());
    System.out.println("seed=" + seed);
    var random = new Random(seed);
    try (var parsing = TestGateway.start("--limits.max-template-memory=0");
        var gateway = TestGateway.start(Watched::new)) {
      for (int i = 0; i < 400; i++) {
        String method = random.nextInt(5) == 0 ? "POST" : "PUT";
        String path = "/metrics/job/j" + random.nextInt(2);
        String body = body(random);
        if (random.nextInt(25) == 0) {
          method = "DELETE";
          body = "";
        }

        assertEquals(
            parsing.send(method, path, body).text(), gateway.send(method, path, body).text());
        if (i % 10 == 0) {
          assertEquals(page(parsing), page(gateway), "seed " + seed);
        }
      }
      assertEquals(page(parsing), page(gateway), "seed " + seed);
      assertTrue(updates.stream().filter(this::isRow).count() > 50, "seed " + seed);
    }
  }

  private static String body(Random random) {
    var lines = new ArrayList<String>();
    lines.add("# TYPE h histogram\nh_bucket{le=\"+Inf\"} " + count(random));
    lines.add("h_sum 0." + random.nextInt(100));
    lines.add("h_count " + count(random));
    lines.add("g{x=\"1\"} " + random.nextInt(100));
    if (random.nextInt(30) == 0) {
      lines.add("extra 1");
    }
    return String.join("\n", lines) + "\n";
  }

  private static String count(Random random) {
    return random.nextInt(20) == 0 ? "1.5" : Integer.toString(random.nextInt(9));
  }

  private static void pushThreeTimes(TestGateway gateway) throws IOException {
    for (int i = 1; i <= 3; i++) {
      assertEquals(200, gateway.send("PUT", PATH, "a " + i + "\nb " + i + "\n").status());
    }
  }

  private boolean isRow(GroupUpdate update) {
    return update instanceof GroupUpdate.Revalue;
  }

  private static String text(TestGateway gateway) throws IOException {
    return gateway
        .get("/metrics", "Accept: " + PROTOBUF.split(": ", 2)[1].replace("delimited", "text"))
        .text();
  }

  /** The groups without the times of their pushes, and nothing about the server. */
  private static String page(TestGateway gateway) throws IOException {
    String page =
        new String(
            gateway.get("/metrics").text().getBytes(StandardCharsets.UTF_8),
            StandardCharsets.UTF_8);
    var groups = new StringBuilder();
    page.lines()
        .filter(line -> line.contains("job=\"j"))
        .map(line -> TIMES.matcher(line).replaceAll("$1"))
        .forEach(line -> groups.append(line).append('\n'));
    return groups.toString();
  }
}
