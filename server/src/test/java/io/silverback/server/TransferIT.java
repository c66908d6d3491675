package io.silverback.server;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Groups go from a real Pushgateway to Silverback, and on to another Pushgateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class TransferIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private RunningPushgateway old;
  private RunningGateway silverback;

  @BeforeAll
  void start() {
    old = RunningPushgateway.start();
    silverback = RunningGateway.start("--web.enable-admin-api");
    pushTo(old);
  }

  @AfterAll
  void stop() {
    silverback.close();
    old.close();
  }

  @Test
  void groupsArriveWithTheirPushTimesAndCanBeExported() throws JsonProcessingException {
    String imported = run("import", "--from=" + old.uri(""), "--to=" + silverback.uri(""));
    String page = silverback.scrape();
    String repeated = run("import", "--from=" + old.uri(""), "--to=" + silverback.uri(""));

    assertTrue(imported.startsWith("groups imported=8 skipped=0 refused=0 "), imported);
    assertEquals(inMilliseconds(pushed(old.get("/metrics"))), pushed(page));
    assertEquals(
        times(old.get("/api/v1/metrics")),
        times(Http.get(silverback.uri("/api/v1/metrics")).body()));
    assertTrue(repeated.startsWith("groups imported=0 skipped=8 refused=0 "), repeated);
    assertEquals(pushed(page), pushed(silverback.scrape()));

    try (var next = RunningPushgateway.start()) {
      String exported = run("export", "--from=" + silverback.uri(""), "--to=" + next.uri(""));

      assertTrue(exported.startsWith("groups exported=7 skipped=1 refused=0 "), exported);
      assertEquals(withoutPushTimes(old.get("/metrics")), withoutPushTimes(next.get("/metrics")));
    }
  }

  @Test
  void aServerInThePlaceOfAPushgatewayHasItsGroups(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("pushgateway.data");
    String page;
    Map<String, Instant> times;
    try (var before = RunningPushgateway.start(file.toString())) {
      pushTo(before);
      page = inMilliseconds(pushed(before.get("/metrics")));
      times = times(before.get("/api/v1/metrics"));
    }
    byte[] written = Files.readAllBytes(file);
    for (boolean isFirst : new boolean[] {true, false}) {
      try (var after = RunningGateway.start("--persistence.file=" + file)) {
        assertEquals(page, pushed(after.scrape()));
        assertEquals(times, times(Http.get(after.uri("/api/v1/metrics")).body()));
        assertEquals(
            isFirst,
            after
                .standardError()
                .contains("took over the metrics of a Pushgateway\" groups=8 kept_as="));
      }
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> aside = files.filter(Files::isRegularFile).toList();
      assertEquals(1, aside.size(), aside::toString);
      assertArrayEquals(written, Files.readAllBytes(aside.getFirst()));
    }
  }

  private static void pushTo(RunningPushgateway old) {
    assertEquals(
        200,
        old.push(
            "PUT",
            "/all/path@base64/L2Evw6kvLi4=",
            """
            # HELP c_total A backslash \\\\ and two\\nlines.
            # TYPE c_total counter
            c_total{l="<\\"&\\\\\\n>"} 1e-9
            # TYPE g gauge
            g 18446744073709551615
            # TYPE s summary
            s{quantile="0.99"} -Inf
            s{quantile="0.5"} NaN
            s_sum 3.5
            s_count 7
            # TYPE h histogram
            h_bucket{le="10"} 2
            h_bucket{le="2.5"} 1
            h_sum NaN
            h_count 3
            # TYPE full histogram
            full_bucket{le="1e-05"} 9007199254740993
            full_bucket{le="+Inf"} 9007199254740993
            full_sum 1
            full_count 9007199254740993
            """));
    RunningProcess.pause(Duration.ofMillis(5));
    assertEquals(200, old.push("POST", "/all/path@base64/L2Evw6kvLi4=", "u +Inf\nlabels 1\n"));
    assertEquals(200, old.push("PUT", "/all", "last_push_successful{instance=\"i\"} 0\n"));
    assertEquals(200, old.push("PUT", "/with/instance/a.b:80/zone@base64/=", "u{zone=\"x\"} -0\n"));
    assertEquals(200, old.push("PUT", "/refused-later", "u 3\n"));
    RunningProcess.pause(Duration.ofMillis(5));
    assertEquals(400, old.push("POST", "/refused-later", "u 4 17\n"));
    assertEquals(400, old.push("PUT", "@base64/8J-mjQ==", "# TYPE u counter\nu 1\n"));
    assertEquals(200, old.push("PUT", "/empty", ""));
    assertEquals(200, old.push("PUT", "/only", "u 1\n"));
    // Of another type than our own family of the name.
    assertEquals(200, old.push("PUT", "/jvm", "jvm_threads_current 12\n"));
  }

  private static String run(String... arguments) {
    var command = new ArrayList<String>();
    command.add(RunningGateway.launcher());
    command.addAll(List.of(arguments));
    return RunningProcess.complete(command, Map.of(), LIMIT);
  }

  /** A page without what the servers say about themselves. */
  private static String pushed(String page) {
    return page.lines()
        .filter(
            line -> !line.matches("(# (HELP|TYPE) )?(go|jvm|process|pushgateway|silverback)_.*"))
        .map(line -> line + "\n")
        .collect(joining());
  }

  private static String withoutPushTimes(String page) {
    return pushed(page)
        .lines()
        .filter(line -> !line.matches("push_(failure_)?time_seconds.*"))
        .map(line -> line + "\n")
        .collect(joining());
  }

  /** The page with push times cut to milliseconds, in which Silverback keeps them. */
  private static String inMilliseconds(String page) {
    return page.lines()
        .map(line -> line.matches("push_(failure_)?time_seconds\\{.*") ? cut(line) : line)
        .map(line -> line + "\n")
        .collect(joining());
  }

  private static String cut(String line) {
    int value = line.lastIndexOf(' ') + 1;
    BigDecimal seconds = new BigDecimal(line.substring(value)).setScale(3, RoundingMode.FLOOR);
    if (seconds.signum() == 0) {
      return line;
    }
    BigDecimal digits = seconds.movePointLeft(9).stripTrailingZeros();
    return line.substring(0, value) + digits.toPlainString() + "e+09";
  }

  /** When each family was pushed, in milliseconds, by group and name. */
  private static Map<String, Instant> times(String answer) throws JsonProcessingException {
    var times = new TreeMap<String, Instant>();
    for (JsonNode group : JSON.readTree(answer).get("data")) {
      String key = group.get("push_time_seconds").get("metrics").get(0).get("labels").toString();
      group
          .properties()
          .forEach(
              member -> {
                // A failure that never was has the time of the first push there, of the last here.
                boolean isTold =
                    member.getValue().has("time_stamp")
                        && !member.getKey().equals("push_failure_time_seconds");
                if (isTold) {
                  Instant time = Instant.parse(member.getValue().get("time_stamp").asText());
                  times.put(key + " " + member.getKey(), time.truncatedTo(ChronoUnit.MILLIS));
                }
              });
    }
    return times;
  }
}
