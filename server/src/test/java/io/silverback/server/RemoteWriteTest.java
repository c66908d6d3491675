package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RemoteWriteReceiver.Reply;
import io.silverback.server.RemoteWriteReceiver.Request;
import io.silverback.server.RemoteWriteReceiver.Sample;
import io.silverback.server.RemoteWriteReceiver.Series;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a target of remote write gets of what is pushed, whatever it answers.
 *
 * <p>Longer than other classes: all cases share the target and the server that sends to it.
 */
final class RemoteWriteTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;
  private RemoteWriteReceiver receiver;

  @BeforeEach
  void startReceiver() throws IOException {
    receiver = RemoteWriteReceiver.start();
  }

  @AfterEach
  void closeReceiver() {
    receiver.close();
  }

  @Test
  void eachPushedSampleIsSentOnceWithItsOwnTime() throws IOException {
    try (TestGateway gateway = start("max_samples_per_send: 7", "")) {
      for (int i = 1; i <= 40; i++) {
        push(gateway, "a", "x " + i + "\ny{l=\"1\"} " + -i + "\ny{l=\"2\"} NaN\n");
        push(gateway, "b", "h_sum +Inf\n");
        if (i % 10 == 0) {
          RunningProcess.pause(Duration.ofMillis(60));
        }
      }
      Map<String, List<Sample>> held = history(gateway);
      long all = held.values().stream().mapToLong(List::size).sum();
      RemoteWriteReceiver.await(() -> count() >= all);

      assertEquals(held, receiver.samples());
      assertTrue(receiver.requests().stream().allMatch(request -> request.samples() <= 7));
      for (Request request : receiver.requests()) {
        assertEquals("snappy", request.headers().getFirst("Content-Encoding"));
        assertEquals("application/x-protobuf", request.headers().getFirst("Content-Type"));
        assertEquals("0.1.0", request.headers().getFirst("X-Prometheus-Remote-Write-Version"));
        assertTrue(request.headers().getFirst("User-Agent").startsWith("silverback/"));
      }
    }
  }

  @Test
  void aSeriesThatEndsGetsOneStaleSampleAfterItsLastOne() throws IOException {
    try (TestGateway gateway = start("", "")) {
      push(gateway, "a", "x 1\ny 1\n# TYPE h gauge\nh{le=\"1\"} 1\nh{le=\"2\"} 1\n");
      awaitValues("x, job=a", 1.0);
      push(gateway, "a", "x 2\nh{le=\"2\"} 2\n");
      awaitValues("x, job=a", 1.0, 2.0);
      RemoteWriteReceiver.await(() -> staleOf("=y,") == 1 && staleOf("le=1") == 1);
      assertEquals(200, gateway.send("POST", "/metrics/job/a", "h{le=\"3\"} 3\n").status());
      RemoteWriteReceiver.await(() -> staleOf("le=2") == 1);
      assertEquals(202, gateway.send("DELETE", "/metrics/job/a", "").status());
      RemoteWriteReceiver.await(() -> staleOf("=x,") == 1 && staleOf("push_time_seconds") == 1);
      push(gateway, "a", "x 3\n");
      push(gateway, "b", "x 4\n");
      RemoteWriteReceiver.await(() -> !receiver.samplesOf("job=b").isEmpty());
      pauseForRounds();

      for (String text : List.of("=y,", "le=1", "le=2", "le=3", "push_time_seconds, job=a")) {
        assertEquals(1, staleOf(text), text);
      }
      List<Sample> x = receiver.samplesOf("=x, job=a");
      assertEquals(List.of(1.0, 2.0), values(x.subList(0, 2)));
      assertTrue(x.get(2).isStale());
      assertTrue(x.get(2).timeMillis() > x.get(1).timeMillis());
      assertEquals(3.0, x.get(3).value());
      assertEquals(4, x.size());
    }
  }

  @Test
  void aWipeEndsEachSeriesOnce() throws IOException {
    try (TestGateway gateway = start("max_samples_per_send: 3", "", "--web.enable-admin-api")) {
      push(gateway, "a", "x 1\ny{l=\"1\"} 1\n");
      push(gateway, "b", "x 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n");
      awaitValues("x, job=a", 1.0);
      wipe(gateway);
      RemoteWriteReceiver.await(() -> staleOf("job=") == 8);
      receiver.answer(_ -> Reply.of(503));
      push(gateway, "a", "x 2\n");
      pauseForRounds();
      wipe(gateway);
      RunningProcess.pause(Duration.ofMillis(2));
      push(gateway, "a", "x 3\n");
      wipe(gateway);
      RunningProcess.pause(Duration.ofMillis(2));
      push(gateway, "a", "x 4\n");
      RunningProcess.pause(Duration.ofMillis(100));
      receiver.forget();
      receiver.answer(_ -> Reply.TAKEN);
      RemoteWriteReceiver.await(() -> !receiver.samplesOf("=x, job=a").isEmpty());
      push(gateway, "c", "x 1\n");
      RemoteWriteReceiver.await(() -> !receiver.samplesOf("job=c").isEmpty());
      pauseForRounds();

      List<Sample> all = receiver.samplesOf("=x, job=a");
      List<Sample> x = all.subList(all.size() - 3, all.size());
      assertTrue(x.get(0).isStale() && x.get(1).isStale(), x::toString);
      assertEquals(4.0, x.get(2).value());
      assertTrue(x.get(0).timeMillis() < x.get(1).timeMillis(), x::toString);
      assertTrue(x.get(1).timeMillis() < x.get(2).timeMillis(), x::toString);
      assertEquals(0, staleOf("job=b") + staleOf("job=c") + staleOf("=y,"));
    }
  }

  private static void wipe(TestGateway gateway) throws IOException {
    assertEquals(202, gateway.send("PUT", "/api/v1/admin/wipe", "").status());
  }

  @Test
  void anExpiredGroupEndsAndAGroupThatStaysDoesNot() throws IOException {
    write("", "");
    Files.writeString(
        file(), "staleness: [{match: '{job=\"a\"}', ttl: 1s}]\n", StandardOpenOption.APPEND);
    try (TestGateway gateway = TestGateway.start("--config.file=" + file())) {
      push(gateway, "a", "x 1\n");
      push(gateway, "b", "x 1\n");
      RemoteWriteReceiver.await(() -> staleOf("=x, job=a") == 1);
      pauseForRounds();

      assertEquals(1, staleOf("=x, job=a"));
      assertEquals(0, staleOf("job=b"));
    }
  }

  @Test
  void theLagQueryThatPeopleKnowForPrometheusWorks() throws IOException {
    try (TestGateway gateway = start("", "")) {
      push(gateway, "a", "x 1\n");
      RemoteWriteReceiver.await(() -> secondsNotSent(gateway) == 0);
      receiver.answer(_ -> Reply.of(503));
      push(gateway, "a", "x 2\n");
      RunningProcess.pause(Duration.ofMillis(300));
      push(gateway, "a", "x 3\n");
      double behind = secondsNotSent(gateway);
      assertTrue(behind >= 0.3 && behind < 60, () -> "behind: " + behind);
      receiver.answer(_ -> Reply.TAKEN);
      RemoteWriteReceiver.await(() -> secondsNotSent(gateway) == 0);
    }
  }

  /** The newest sample is so much newer than the newest one that was sent. */
  private static double secondsNotSent(TestGateway gateway) {
    return metric(gateway, "silverback_remote_storage_highest_timestamp_in_seconds ")
        - metric(gateway, "silverback_remote_storage_queue_highest_sent_timestamp_seconds{");
  }

  private static double metric(TestGateway gateway, String start) {
    try {
      String line =
          gateway.exposed(start).stream()
              .filter(it -> it.startsWith(start))
              .findFirst()
              .orElseThrow();
      return Double.parseDouble(line.substring(line.lastIndexOf(' ')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatATargetCannotTakeNowIsSentAgainUntilItDoes() throws IOException {
    var turn = new AtomicInteger();
    List<Reply> replies =
        List.of(
            Reply.of(500),
            Reply.of(502),
            new Reply(429, "slow down", Map.of("Retry-After", "0")),
            Reply.of(503),
            Reply.TAKEN);
    receiver.answer(_ -> replies.get(Math.min(turn.getAndIncrement(), replies.size() - 1)));
    try (TestGateway gateway = start("", "")) {
      push(gateway, "a", "x 1\n");
      RemoteWriteReceiver.await(() -> receiver.requests().size() >= replies.size());
      pauseForRounds();

      assertEquals(replies.size(), receiver.requests().size());
      for (int i = 0; i < replies.size(); i++) {
        Request request = receiver.requests().get(i);
        assertEquals(receiver.requests().getFirst().series(), request.series());
        String attempt = request.headers().getFirst("Retry-Attempt");
        assertEquals(i == 0 ? "none" : Integer.toString(i), attempt == null ? "none" : attempt);
      }
      assertEquals(8, RemoteWriteReceiver.own(gateway, "samples_retried_total"));
      assertEquals(2, RemoteWriteReceiver.own(gateway, "samples_total"));
      assertEquals(0, RemoteWriteReceiver.own(gateway, "samples_failed_total"));
    }
  }

  /** A request that fails ends a reading; the next one begins after its last sample. */
  @Test
  void aTargetThatFailsNowAndThenGetsEachSampleOnceAndInOrder() throws IOException {
    long seed = System.nanoTime();
    var random = new Random(seed);
    List<Request> taken = Collections.synchronizedList(new ArrayList<>());
    receiver.answer(
        request -> {
          synchronized (random) {
            if (random.nextInt(3) == 0) {
              return Reply.of(503);
            }
          }
          taken.add(request);
          return Reply.TAKEN;
        });
    try (TestGateway gateway = start("min_shards: 2, max_samples_per_send: 5", "")) {
      for (int i = 1; i <= 12; i++) {
        for (int job = 0; job < 6; job++) {
          push(gateway, "j" + job, "x{l=\"1\"} " + i + "\nx{l=\"2\"} " + i + "\ny " + i + "\n");
        }
      }
      Map<String, List<Sample>> held = history(gateway);
      RemoteWriteReceiver.await(
          () -> List.copyOf(taken).stream().mapToInt(Request::samples).sum() >= 12 * 6 * 4);
      pauseForRounds();

      assertEquals(held, RemoteWriteReceiver.samplesOf(List.copyOf(taken)), "seed=" + seed);
    }
  }

  @Test
  void whatATargetRefusesIsNotSentAgainAndCounted() throws IOException {
    List<Integer> statuses = List.of(301, 400, 401, 404, 413, 422, 999);
    receiver.answer(
        request ->
            statuses.stream()
                .filter(status -> has(request, status))
                .findFirst()
                .map(Reply::of)
                .orElse(Reply.TAKEN));
    try (TestGateway gateway = start("", "")) {
      for (int status : statuses) {
        int before = receiver.requests().size();
        push(gateway, "a", "x " + status + "\n");
        RemoteWriteReceiver.await(() -> receiver.requests().size() > before);
      }
      push(gateway, "a", "x 1\n");
      RemoteWriteReceiver.await(() -> RemoteWriteReceiver.own(gateway, "samples_total") == 2);

      assertEquals(statuses.size() + 1, receiver.samplesOf("=x,").size());
      assertEquals(2L * statuses.size(), RemoteWriteReceiver.own(gateway, "samples_failed_total"));
      assertEquals(0, RemoteWriteReceiver.own(gateway, "samples_retried_total"));
    }
  }

  @Test
  void aLongAnswerOrOneWithoutAnEndIsNoHarm() throws IOException {
    receiver.answer(_ -> new Reply(400, "x".repeat(1 << 20), Map.of()));
    try (TestGateway gateway = start("", "remote_timeout: 5s")) {
      push(gateway, "a", "x 1\n");
      RemoteWriteReceiver.await(
          () -> RemoteWriteReceiver.own(gateway, "samples_failed_total") == 2);
    }
  }

  @Test
  void aTargetThatWasDownGetsWhatWasPushedMeanwhile() throws IOException {
    int port = receiver.port();
    receiver.close();
    try (TestGateway gateway = start("", "")) {
      for (int i = 0; i < 20; i++) {
        push(gateway, "a", "x " + i + "\n");
        RunningProcess.pause(Duration.ofMillis(10));
      }
      receiver = RemoteWriteReceiver.start(port);
      RemoteWriteReceiver.await(() -> receiver.samplesOf("=x,").size() == 20);
      assertEquals(
          IntStream.range(0, 20).mapToObj(i -> (double) i).toList(), receiver.valuesOf("=x,"));
    }
  }

  @Test
  void nothingIsLostOverARestartAndRepeatsComeAlone() throws IOException {
    String[] flags = {"--persistence.file=" + folder.resolve("store"), "--shutdown.timeout=300ms"};
    try (TestGateway gateway = start("", "", flags)) {
      push(gateway, "a", "x 1\n");
      awaitValues("=x,", 1.0);
      receiver.answer(_ -> Reply.of(503));
      push(gateway, "a", "x 2\n");
      awaitValues("=x,", 1.0, 2.0);
      push(gateway, "a", "x 3\n");
    }
    long begun =
        Long.parseLong(
            Files.readAllLines(folder.resolve("store").resolve("remote-write"))
                .get(1)
                .split(" ", -1)[1]);
    receiver.close();
    receiver = RemoteWriteReceiver.start(receiver.port());
    try (TestGateway gateway = start("", "", flags)) {
      push(gateway, "a", "x 4\n");
      RemoteWriteReceiver.await(() -> receiver.valuesOf("=x,").contains(4.0));

      assertEquals(List.of(2.0, 3.0, 4.0), receiver.valuesOf("=x,"));
      for (Request request : receiver.requests()) {
        List<Sample> samples =
            request.series().stream().flatMap(series -> series.samples().stream()).toList();
        assertEquals(
            samples.stream().allMatch(sample -> sample.timeMillis() <= begun),
            samples.stream().anyMatch(sample -> sample.timeMillis() <= begun));
      }
    }
  }

  @Test
  void whatWasTakenIsSentBeforeTheEnd() throws IOException {
    try (TestGateway gateway = start("batch_send_deadline: 1h", "")) {
      push(gateway, "a", "x 1\n");
    }
    assertEquals(List.of(1.0), receiver.valuesOf("=x,"));
  }

  @Test
  void aReloadTakesATargetOutAndInWithoutALoss() throws IOException {
    try (TestGateway gateway = start("", "")) {
      push(gateway, "a", "x 1\n");
      awaitValues("=x,", 1.0);
      Files.writeString(file(), "");
      assertEquals(200, gateway.send("POST", "/-/reload", "").status());
      push(gateway, "a", "x 2\n");
      pauseForRounds();
      assertEquals(List.of(1.0), receiver.valuesOf("=x,"));

      write("max_samples_per_send: 3", "headers: {X-Tenant: two}");
      assertEquals(200, gateway.send("POST", "/-/reload", "").status());
      push(gateway, "a", "x 3\n");
      RemoteWriteReceiver.await(() -> receiver.samplesOf("=x,").size() == 3);
      assertEquals(List.of(1.0, 2.0, 3.0), receiver.valuesOf("=x,"));
      assertEquals("two", receiver.requests().getLast().headers().getFirst("X-Tenant"));
    }
  }

  @Test
  void aSlowTargetGetsNoMoreRequestsAtOnceThanThereAreShards() throws IOException {
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    receiver.answer(
        _ -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          RunningProcess.pause(Duration.ofMillis(10));
          now.decrementAndGet();
          return Reply.TAKEN;
        });
    try (TestGateway gateway = start("min_shards: 2, max_shards: 3, max_samples_per_send: 5", "")) {
      for (int i = 1; i <= 30; i++) {
        for (int job = 0; job < 8; job++) {
          push(gateway, "j" + job, "x " + i + "\n");
        }
      }
      RemoteWriteReceiver.await(() -> receiver.samplesOf("=x,").size() == 8 * 30);

      assertTrue(most.get() <= 3, most.toString());
      for (int job = 0; job < 8; job++) {
        List<Sample> samples = receiver.samplesOf("=x, job=j" + job);
        assertEquals(
            IntStream.rangeClosed(1, 30).mapToObj(i -> (double) i).toList(), values(samples));
      }
    }
  }

  /** What waits is in the history; in memory are the requests of the shards and nothing else. */
  @Test
  void aSlowTargetMakesNoMoreWaitInMemoryThanItsShardsHold() throws IOException {
    int held = 2 * 10;
    receiver.answer(
        request -> {
          RunningProcess.pause(Duration.ofMillis(20));
          return Reply.taken(request);
        });
    try (TestGateway gateway = start("max_shards: 2, max_samples_per_send: 10", "")) {
      long mostPending = 0;
      for (int i = 1; i <= 100; i++) {
        push(gateway, "j" + i % 7, "x " + i + "\ny 1\nz 1\n");
        if (i % 10 == 0) {
          mostPending = Math.max(mostPending, RemoteWriteReceiver.own(gateway, "samples_pending{"));
        }
      }
      while (RemoteWriteReceiver.own(gateway, "storage_samples_total{") < 4 * 100) {
        mostPending = Math.max(mostPending, RemoteWriteReceiver.own(gateway, "samples_pending{"));
        RunningProcess.pause(Duration.ofMillis(10));
      }

      assertTrue(mostPending > 0 && mostPending <= held, "pending=" + mostPending);
      RemoteWriteReceiver.await(() -> RemoteWriteReceiver.own(gateway, "samples_pending{") == 0);
      RemoteWriteReceiver.await(() -> target(gateway).get("lag_seconds").asDouble() < 0.5);
      assertEquals(100, receiver.samplesOf("=x,").size());
    }
  }

  @Test
  void whatIsTooOldForATargetThatStaysAwayIsCounted() throws IOException {
    receiver.answer(_ -> Reply.of(503));
    try (TestGateway gateway = start("", "", "--history.retention=3s")) {
      int pushes = 40;
      for (int i = 1; i <= pushes; i++) {
        push(gateway, "a", "x " + i + "\n");
        RunningProcess.pause(Duration.ofMillis(100));
      }
      receiver.answer(_ -> Reply.TAKEN);
      RemoteWriteReceiver.await(
          () ->
              RemoteWriteReceiver.own(gateway, "samples_total")
                      + RemoteWriteReceiver.own(gateway, "samples_dropped_total")
                  == 2L * pushes);
      assertTrue(RemoteWriteReceiver.own(gateway, "samples_dropped_total") > 0);
    }
  }

  @Test
  void labelsAreSortedWithoutRepeatsAndEmptyOnes() throws IOException {
    try (TestGateway gateway = start("", "", "--remote-read.external-label=region=eu")) {
      push(gateway, "a", "x{Zone=\"1\",a=\"ü\",empty=\"\",region=\"own\"} 1\ny 2\n");
      RemoteWriteReceiver.await(() -> count() >= 3);

      for (Series series : receiver.requests().getFirst().series()) {
        List<String> names = series.labels().stream().map(Map.Entry::getKey).toList();
        assertEquals(names.stream().sorted().distinct().toList(), names);
        assertTrue(series.labels().stream().noneMatch(label -> label.getValue().isEmpty()));
      }
      assertEquals(
          Set.of(
              "[Zone=1, __name__=x, a=ü, job=a, region=own]",
              "[__name__=y, job=a, region=eu]",
              "[__name__=push_time_seconds, job=a, region=eu]"),
          receiver.samples().keySet());
    }
  }

  @Test
  void rulesDecideWhatIsSentAndNothingInvalidIs() throws IOException {
    String rules =
        """
        write_relabel_configs:
          - {source_labels: [__name__], regex: push_time_seconds, action: drop}
          - {source_labels: [job], target_label: team}
          - {source_labels: [__name__], regex: bad, target_label: __name__, replacement: "no name"}
        """;
    try (TestGateway gateway = start("", rules)) {
      push(gateway, "a", "x 1\nbad 2\n");
      RemoteWriteReceiver.await(() -> count() == 1);
      RemoteWriteReceiver.await(
          () -> RemoteWriteReceiver.own(gateway, "reason=\"dropped_by_rule\"") == 1);

      assertEquals(Set.of("[__name__=x, job=a, team=a]"), receiver.samples().keySet());
      assertEquals(1, RemoteWriteReceiver.own(gateway, "reason=\"invalid_labels\""));
    }
  }

  @Test
  void aPasswordInAFileMayChangeWithoutAReload() throws IOException {
    Path password = folder.resolve("password");
    Files.writeString(password, "one\n");
    String auth = "basic_auth: {username: u, password_file: " + password + "}";
    try (TestGateway gateway = start("", auth)) {
      push(gateway, "a", "x 1\n");
      awaitValues("=x,", 1.0);
      Files.writeString(password, "two");
      push(gateway, "a", "x 2\n");
      awaitValues("=x,", 1.0, 2.0);

      assertEquals("Basic dTpvbmU=", header(0, "Authorization"));
      assertEquals("Basic dTp0d28=", header(1, "Authorization"));
    }
  }

  @Test
  void theOwnMetricsHaveTheNamesThatPrometheusHas() throws IOException {
    try (TestGateway gateway = start("min_shards: 2, max_shards: 9", "")) {
      push(gateway, "a", "x 1\n");
      RemoteWriteReceiver.await(
          () -> RemoteWriteReceiver.own(gateway, "storage_samples_total{") == 2);

      Map<String, String> values = new TreeMap<>();
      for (String line : gateway.exposed("silverback_remote_storage_")) {
        if (!line.startsWith("#")) {
          String name = line.split("[ {]", 2)[0].substring("silverback_remote_storage_".length());
          values.put(name, line.substring(line.lastIndexOf(' ') + 1));
        }
      }
      assertEquals(
          List.of(
              "bytes_total",
              "highest_timestamp_in_seconds",
              "lag_seconds",
              "max_samples_per_send",
              "metadata_failed_total",
              "metadata_retried_total",
              "metadata_total",
              "queue_highest_sent_timestamp_seconds",
              "samples_dropped_total",
              "samples_failed_total",
              "samples_pending",
              "samples_retried_total",
              "samples_total",
              "shards",
              "shards_desired",
              "shards_max",
              "shards_min",
              "unknown_targets"),
          List.copyOf(values.keySet()));
      assertEquals("2000", values.get("max_samples_per_send"));
      assertEquals("2", values.get("shards_min"));
      assertEquals("9", values.get("shards_max"));
      assertEquals("0", values.get("samples_pending"));
    }
  }

  @Test
  void theStatusOfTheServerSaysHowItGoesWithATargetAndHoldsNoSecret() throws IOException {
    var status = new AtomicInteger(400);
    receiver.answer(
        request ->
            status.get() == 204
                ? Reply.taken(request)
                : new Reply(status.get(), "no room\nat all", Map.of()));
    String secrets =
        "basic_auth: {username: u, password: hush}\n"
            + "protobuf_message: io.prometheus.write.v2.Request";
    try (TestGateway gateway = start("", secrets)) {
      push(gateway, "a", "x 1\n");
      RemoteWriteReceiver.await(() -> target(gateway).get("failed").asLong() == 2);
      assertEquals("status 400 no room", target(gateway).get("last_fault").asText());
      assertEquals("2.0", target(gateway).get("version").asText());
      status.set(415);
      push(gateway, "a", "x 2\n");
      RemoteWriteReceiver.await(() -> target(gateway).get("version").asText().equals("1.0"));
      status.set(204);
      push(gateway, "a", "x 3\n");
      RemoteWriteReceiver.await(() -> target(gateway).get("samples").asLong() > 0);

      JsonNode target = target(gateway);
      assertEquals("test", target.get("name").asText());
      assertEquals(receiver.url(), target.get("url").asText());
      assertTrue(target.get("lag_seconds").asDouble() < 60);
      assertTrue(!target.toString().contains("hush"));
    }
  }

  private static JsonNode target(TestGateway gateway) {
    try {
      return JSON.readTree(gateway.get("/api/v1/server").text())
          .get("data")
          .get("remote_write")
          .get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String header(int request, String name) {
    return receiver.requests().get(request).headers().getFirst(name);
  }

  private static boolean has(Request request, double value) {
    return request.series().stream()
        .flatMap(series -> series.samples().stream())
        .anyMatch(sample -> sample.value() == value);
  }

  private static List<Double> values(List<Sample> samples) {
    return samples.stream().map(Sample::value).toList();
  }

  private void awaitValues(String text, Double... values) {
    RemoteWriteReceiver.await(
        () ->
            receiver.samplesOf(text).stream()
                .filter(sample -> !sample.isStale())
                .map(Sample::value)
                .toList()
                .equals(List.of(values)));
  }

  private long staleOf(String text) {
    return receiver.samplesOf(text).stream().filter(Sample::isStale).count();
  }

  /** Long enough for what would be sent twice. */
  private static void pauseForRounds() {
    RunningProcess.pause(Duration.ofMillis(150));
  }

  private Path file() {
    return folder.resolve("silverback.yml");
  }

  private long count() {
    return receiver.samples().values().stream().mapToLong(List::size).sum();
  }

  /** What the server itself has, in the form of what it sends. */
  private static Map<String, List<Sample>> history(TestGateway gateway) throws IOException {
    Map<String, List<Sample>> held = new TreeMap<>();
    JsonNode result =
        JSON.readTree(
                gateway.get("/api/v1/history?match%5B%5D=%7B__name__%3D~%22.%2B%22%7D").text())
            .get("data")
            .get("result");
    for (JsonNode series : result) {
      var labels = new TreeMap<String, String>();
      series
          .get("metric")
          .properties()
          .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
      labels.values().removeIf(String::isEmpty);
      var samples = new ArrayList<Sample>();
      for (JsonNode value : series.get("values")) {
        String text = value.get(1).asText().replace("Inf", "Infinity");
        samples.add(
            new Sample(
                Math.round(value.get(0).asDouble() * 1000),
                Double.doubleToRawLongBits(Double.parseDouble(text))));
      }
      held.put(List.copyOf(labels.entrySet()).toString(), samples);
    }
    return held;
  }

  private static void push(TestGateway gateway, String job, String body) throws IOException {
    assertEquals(200, gateway.send("PUT", "/metrics/job/" + job, body).status());
  }

  private TestGateway start(String queue, String more, String... flags) throws IOException {
    write(queue, more);
    var all = new ArrayList<>(List.of(flags));
    all.add("--config.file=" + file());
    all.add("--web.enable-lifecycle");
    return TestGateway.start(all.toArray(String[]::new));
  }

  private void write(String queue, String more) throws IOException {
    Files.writeString(
        file(),
        """
        remote_write:
          - url: %s
            name: test
            queue_config: {min_backoff: 5ms, max_backoff: 20ms, %s}
        %s
        """
            .formatted(
                receiver.url(),
                queue.contains("batch_send_deadline")
                    ? queue
                    : "batch_send_deadline: 30ms, " + queue,
                more.indent(4)));
  }
}
