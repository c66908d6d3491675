package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RemoteWriteReceiver.Reply;
import io.silverback.server.RemoteWriteReceiver.Request;
import io.silverback.server.RemoteWriteReceiver.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a target of remote write gets from the nodes of a cluster. */
final class RemoteWriteClusterTest {
  private static final int JOBS = 12;
  private static final Duration LEASE = Duration.ofMillis(900);

  @TempDir private Path folder;
  private RemoteWriteReceiver receiver;

  /** The values that were acknowledged, by job, in their order. */
  private final Map<Integer, List<Double>> acknowledged = new TreeMap<>();

  private int turn;

  @BeforeEach
  void startReceiver() throws IOException {
    receiver = RemoteWriteReceiver.start();
  }

  @AfterEach
  void closeReceiver() {
    receiver.close();
  }

  @Test
  void eachSampleIsSentByItsLeaderAndNoneIsLostWhenOneLeaves() throws IOException {
    try (LocalCluster cluster = start()) {
      String before = epoch(cluster);
      push(cluster, 5, 0, 1, 2);
      RemoteWriteReceiver.await(this::hasAll);
      // A busy machine may let a lease run out.
      if (epoch(cluster).equals(before)) {
        assertEquals(Set.of("0", "1", "2"), senders(receiver.requests()));
        assertEquals(List.of(), repeated(receiver.requests()));
      }

      Thread leaving = Thread.ofVirtual().start(() -> cluster.stop(0));
      push(cluster, 20, 1, 2);
      join(leaving);
      push(cluster, 5, 1, 2);
      RemoteWriteReceiver.await(this::hasAll);

      assertInOrder();
      assertEquals(0, stale());
      cluster.await(
          "a delete is taken",
          () -> cluster.send(1, "DELETE", "/metrics/job/j3", "").status() == 202);
      RemoteWriteReceiver.await(() -> stale() > 0);
      // x and push_time_seconds of one job, each maybe by a repeat.
      assertEquals(
          Set.of("[__name__=push_time_seconds, job=j3]", "[__name__=x, job=j3]"),
          receiver.samples().entrySet().stream()
              .filter(series -> series.getValue().stream().anyMatch(Sample::isStale))
              .map(Map.Entry::getKey)
              .collect(Collectors.toSet()));
    }
  }

  @Test
  void aWipeEndsEachSeriesAndTheNextLeaderSendsWhatTheLastOneCouldNot() throws IOException {
    try (LocalCluster cluster = start()) {
      push(cluster, 2, 0, 1, 2);
      RemoteWriteReceiver.await(this::hasAll);
      wipe(cluster);
      RemoteWriteReceiver.await(() -> ended().size() == 2 * JOBS);

      push(cluster, 2, 0, 1, 2);
      RemoteWriteReceiver.await(this::hasAll);
      assertInOrder();
      receiver.forget();
      receiver.answer(_ -> Reply.of(503));
      wipe(cluster);
      RemoteWriteReceiver.await(() -> !failed().isEmpty());
      cluster.stop(0);
      receiver.forget();
      receiver.answer(_ -> Reply.TAKEN);
      RemoteWriteReceiver.await(() -> ended().size() == 2 * JOBS);
      push(cluster, 1, 1, 2);
      RemoteWriteReceiver.await(this::hasNewest);
      assertInOrder();
    }
  }

  private static void wipe(LocalCluster cluster) throws IOException {
    cluster.await(
        "a wipe is taken", () -> cluster.send(1, "PUT", "/api/v1/admin/wipe", "").status() == 202);
  }

  /** The series that have a stale sample. */
  private Set<String> ended() {
    return receiver.samples().entrySet().stream()
        .filter(series -> series.getValue().stream().anyMatch(Sample::isStale))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private boolean hasNewest() {
    return acknowledged.entrySet().stream()
        .allMatch(job -> valuesOf(job.getKey()).contains(job.getValue().getLast()));
  }

  @Test
  void theNextLeaderSendsWhatTheLastOneCouldNot() throws IOException {
    try (LocalCluster cluster = start()) {
      push(cluster, 3, 0, 1, 2);
      RemoteWriteReceiver.await(this::hasAll);
      receiver.answer(_ -> Reply.of(503));
      push(cluster, 3, 0, 1, 2);
      RemoteWriteReceiver.await(() -> !failed().isEmpty());
      Set<String> begun = samplesOf(failed());
      push(cluster, 3, 0, 1, 2);
      cluster.stop(0);
      int left = receiver.requests().size();
      receiver.answer(_ -> Reply.TAKEN);
      push(cluster, 3, 1, 2);
      RemoteWriteReceiver.await(this::hasAll);

      List<Request> after = receiver.requests().subList(left, receiver.requests().size());
      assertFalse(senders(after).contains("0"), "it leads nothing");
      for (Request request : after) {
        Set<String> samples = samplesOf(List.of(request));
        var repeats = new HashSet<>(samples);
        repeats.retainAll(begun);
        assertTrue(
            repeats.isEmpty() || repeats.equals(samples),
            () -> "repeats come alone: " + repeats + " of " + samples);
      }
      assertInOrder();
      assertEquals(0, stale());
    }
  }

  @Test
  void nodesWithoutALeaseSendNothing() throws IOException {
    try (LocalCluster cluster = start()) {
      receiver.answer(_ -> Reply.of(503));
      push(cluster, 3, 0, 1, 2);
      RemoteWriteReceiver.await(() -> !failed().isEmpty());
      cluster.cut(true);
      RunningProcess.pause(LEASE.multipliedBy(2));
      int lapsed = receiver.requests().size();
      receiver.answer(_ -> Reply.TAKEN);
      RunningProcess.pause(LEASE);
      assertEquals(lapsed, receiver.requests().size());
      for (int node = 0; node < 3; node++) {
        List<String> metrics = ownMetrics(cluster, node);
        String of = "node " + node + ": " + metrics;
        assertEquals(0, sum(metrics, "lag_seconds"), of);
        assertEquals(0, sum(metrics, "shards"), of);
        assertTrue(metrics.stream().noneMatch(line -> line.contains("highest")), of);
      }

      cluster.cut(false);
      push(cluster, 3, 0, 1, 2);
      RemoteWriteReceiver.await(this::hasAll);
      assertInOrder();
      assertEquals(0, stale());
    }
  }

  @Test
  void aTargetThatOnlyOthersHaveIsCountedUntilAReloadBringsIt() throws IOException {
    Path late = Files.writeString(folder.resolve("silverback-late.yml"), "remote_write: []\n");
    try (LocalCluster cluster =
        LocalCluster.startToBeCut(
            3,
            node ->
                switch (node) {
                  case 0 -> List.of("--config.file=" + file(0));
                  case 1 -> List.of("--web.enable-lifecycle", "--config.file=" + late);
                  default -> List.of();
                })) {
      RemoteWriteReceiver.await(() -> unknownTargets(cluster, 1).equals(List.of("1")));
      RemoteWriteReceiver.await(() -> unknownTargets(cluster, 2).equals(List.of("1")));
      assertEquals(List.of("0"), unknownTargets(cluster, 0));

      Files.copy(file(1), late, StandardCopyOption.REPLACE_EXISTING);
      assertEquals(200, cluster.send(1, "POST", "/-/reload", "").status());
      assertEquals(List.of("0"), unknownTargets(cluster, 1));
      assertEquals(List.of("1"), unknownTargets(cluster, 2));
    }
  }

  private static List<String> unknownTargets(LocalCluster cluster, int node) {
    String start = "silverback_remote_storage_unknown_targets ";
    try {
      return ownMetrics(cluster, node).stream()
          .filter(line -> line.startsWith(start))
          .map(line -> line.substring(start.length()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> ownMetrics(LocalCluster cluster, int node) throws IOException {
    return cluster
        .get(node, "/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith("silverback_remote_storage_"))
        .toList();
  }

  private static double sum(List<String> metrics, String name) {
    return metrics.stream()
        .filter(line -> line.startsWith("silverback_remote_storage_" + name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private LocalCluster start() throws IOException {
    return LocalCluster.startToBeCut(3, node -> List.of("--config.file=" + file(node)));
  }

  private Path file(int node) {
    try {
      return Files.writeString(
          folder.resolve("silverback-" + node + ".yml"),
          """
          remote_write:
            - url: %s
              name: test
              headers: {X-Node: "%d"}
              queue_config:
                {min_backoff: 5ms, max_backoff: 20ms, batch_send_deadline: 50ms,
                 max_samples_per_send: 40}
          """
              .formatted(receiver.url(), node));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Pushes some values of each job, through those nodes in turn, each until it is taken. */
  private void push(LocalCluster cluster, int times, int... nodes) throws IOException {
    for (int i = 0; i < times; i++) {
      for (int job = 0; job < JOBS; job++) {
        int number = job;
        double value = ++turn;
        cluster.await(
            "a push is taken",
            () ->
                cluster
                        .send(
                            nodes[turn % nodes.length],
                            "PUT",
                            "/metrics/job/j" + number,
                            "x " + value + "\n")
                        .status()
                    == 200);
        acknowledged.computeIfAbsent(job, _ -> new ArrayList<>()).add(value);
      }
    }
  }

  private static String epoch(LocalCluster cluster) throws IOException {
    return cluster.get(1, "/api/v1/cluster").text().replaceFirst(".*\"epoch\":([0-9]+),.*", "$1");
  }

  private List<Request> failed() {
    return receiver.requests().stream()
        .filter(request -> request.headers().getFirst("Retry-Attempt") != null)
        .toList();
  }

  private boolean hasAll() {
    return acknowledged.entrySet().stream()
        .allMatch(job -> valuesOf(job.getKey()).containsAll(job.getValue()));
  }

  private Set<Double> valuesOf(int job) {
    return new HashSet<>(receiver.valuesOf("=x, job=j" + job + "]"));
  }

  private static Set<String> senders(List<Request> requests) {
    return requests.stream()
        .map(request -> String.valueOf(request.headers().getFirst("X-Node")))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> each(Request request) {
    return request.series().stream()
        .flatMap(
            series ->
                series.samples().stream()
                    .map(it -> series.text() + it.timeMillis() + "=" + it.bits()));
  }

  private static Set<String> samplesOf(List<Request> requests) {
    return requests.stream()
        .flatMap(RemoteWriteClusterTest::each)
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static List<String> repeated(List<Request> requests) {
    var seen = new HashSet<String>();
    return requests.stream()
        .flatMap(RemoteWriteClusterTest::each)
        .filter(sample -> !seen.add(sample))
        .toList();
  }

  private long stale() {
    return receiver.samples().values().stream()
        .flatMap(List::stream)
        .filter(Sample::isStale)
        .count();
  }

  /**
   * Each sample comes after those of its series that are older, but for repeats; and has one value.
   */
  private void assertInOrder() {
    receiver
        .samples()
        .forEach(
            (series, samples) -> {
              var values = new TreeMap<Long, Long>();
              for (Sample sample : samples) {
                boolean isNew = !values.containsKey(sample.timeMillis());
                assertTrue(
                    !isNew || values.isEmpty() || sample.timeMillis() > values.lastKey(),
                    () -> "out of order: " + series + " " + samples);
                Long before = values.putIfAbsent(sample.timeMillis(), sample.bits());
                assertTrue(
                    before == null || before == sample.bits(), () -> "two values: " + series);
              }
            });
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
