package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Flink, of the version that src/test/flink pins, on a JVM of its own, with the reporter as the
 * page on pushing has it. It pushes through nginx to three nodes, and a real Prometheus scrapes
 * them: all with the files of the documentation. Maven fetches Flink at first, about 65 MB.
 */
@Tag("clusters")
final class FlinkIT {
  private static final Path SOURCES = Path.of("src", "test", "flink");
  private static final Path EXAMPLE = Path.of("..", "docs", "examples", "flink.yml");
  private static final Path FIND_JAVA = Path.of("..", "bench", "bin", "find-java");
  private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);
  private static final Duration END_LIMIT = Duration.ofSeconds(30);

  /** How much a job's uptime, in milliseconds, has to grow in Prometheus after each event. */
  private static final double GROWTH = 5000;

  /** Five intervals of a second each, as the file says, and what a busy machine adds. */
  private static final Duration LONGEST_STALE = Duration.ofSeconds(20);

  /**
   * A group has one leader before the fault and one after it, and two moves more are what a busy
   * machine may cause. Two nodes that show it at the same time take turns with every scrape.
   */
  private static final int MOST_TURNS = 4;

  /** What a busy machine may cause, where no node has a lease for a moment. */
  private static final int MOST_FAILED_PUSHES = 3;

  private static final String UPTIME = "flink_jobmanager_job_uptime";

  @TempDir private Path folder;

  @Test
  void theUptimeOfAJobNeverDecreasesAndItsGroupIsGoneAfterItHowever() throws IOException {
    List<String> flink = build();
    try (var cluster = ProcessCluster.start(3, folder, "--config.file=" + EXAMPLE);
        var nginx = RunningProxy.nginxOfTheDocs(folder, addresses(cluster));
        var prometheus = RunningPrometheus.configured(scraping(cluster.node(2)), folder)) {
      configureFlink(nginx.address());
      try (var ending = job(flink, "ending");
          var dying = job(flink, "dying")) {
        awaitUptime(cluster, prometheus, "ending", 1);
        awaitUptime(cluster, prometheus, "dying", 1);
        String endingGroup = prometheus.labelOf("instance", series("ending"));

        ProcessCluster.Node victim = cluster.leaderOf("job=orders&instance=" + endingGroup);
        double before = uptime(prometheus, "ending");
        victim.kill();
        awaitUptime(cluster, prometheus, "ending", before + GROWTH);
        awaitUptime(cluster, prometheus, "dying", before + GROWTH);
        cluster.mend();
        awaitUptime(cluster, prometheus, "ending", before + 2 * GROWTH);
        assertNeverDecreases(prometheus, "ending");
        assertNeverDecreases(prometheus, "dying");
        cluster.nodes().forEach(FlinkIT::assertNothingExpired);

        Files.createFile(endOf("ending"));
        assertEquals(0, ending.awaitExit(END_LIMIT), ending::standardError);
        assertFewPushesFailed(ending);
        assertFewPushesFailed(dying);
        // The reporter deletes it, and so it is no stale group either.
        cluster.await("the deleted group is gone", () -> isGone(cluster, endingGroup));
        assertFalse(cluster.node(0).json("/api/v1/metrics").toString().contains(endingGroup));
        prometheus.awaitGone(series("ending"));
        awaitUptime(cluster, prometheus, "dying", uptime(prometheus, "dying") + 1);
      }
      // Its end was kill -9, so nothing deletes its group.
      long killed = System.nanoTime();
      cluster.await("all groups are gone", () -> isGone(cluster, "job=\"orders\""));
      var lasted = Duration.ofNanos(System.nanoTime() - killed);
      assertTrue(lasted.compareTo(LONGEST_STALE) < 0, lasted::toString);
      prometheus.awaitGone("{job='orders'}");
    }
  }

  /** Compiles the job; the command that runs it, but for its arguments. */
  private List<String> build() throws IOException {
    for (String name : List.of("pom.xml", "Orders.java")) {
      Files.copy(SOURCES.resolve(name), folder.resolve(name));
    }
    var command =
        List.of(
            RunningProcess.programOnPath("mvn", "maven"),
            "-B",
            "-q",
            "-f",
            folder.resolve("pom.xml").toString(),
            "process-classes");
    try (var maven = RunningProcess.start(command, Map.of())) {
      int code = maven.awaitExit(BUILD_LIMIT);
      assertEquals(
          0,
          code,
          () ->
              "the job of Flink was not built; Maven fetches Flink from its central repository if"
                  + " it has not got it: "
                  + maven.standardOutput());
    }
    Path target = folder.resolve("target");
    String java = RunningProcess.complete(List.of(FIND_JAVA.toString(), "17"), Map.of(), END_LIMIT);
    return List.of(
        java.strip(),
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        target.resolve("classes") + ":" + Files.readString(target.resolve("class-path")).strip(),
        "Orders",
        folder.toString());
  }

  /** With the reporter of the page, which pushes each second here, and ports of this machine. */
  private void configureFlink(String address) throws IOException {
    String reporter = PushingPage.program("yaml", address);
    assertTrue(reporter.contains("interval: 60 SECONDS"), reporter);
    Files.writeString(
        folder.resolve("config.yaml"),
        reporter.replace("60 SECONDS", "1 SECONDS")
            + """
            rest.bind-address: 127.0.0.1
            jobmanager.bind-host: 127.0.0.1
            taskmanager.bind-host: 127.0.0.1
            """);
  }

  /**
   * The scrape configuration of the documentation; but the label {@code node} tells which node
   * showed a sample, without which all samples of a job are one series.
   */
  private static String scraping(ProcessCluster.Node node) {
    return """
        global:
          scrape_interval: 1s
          scrape_timeout: 1s
        scrape_configs:
          - job_name: silverback
            honor_labels: true
            http_sd_configs:
              - url: %s
            relabel_configs:
              - source_labels: [__address__]
                target_label: node
        """
        .formatted(node.uri("/api/v1/cluster/http_sd"));
  }

  private RunningProcess job(List<String> flink, String name) {
    var command = new ArrayList<>(flink);
    command.add(name);
    command.add(endOf(name).toString());
    return RunningProcess.start(command, Map.of());
  }

  private Path endOf(String job) {
    return folder.resolve(job + ".end");
  }

  private static List<String> addresses(ProcessCluster cluster) {
    return cluster.nodes().stream().map(ProcessCluster.Node::webAddress).toList();
  }

  /** Also shows that the rewriting of the file took the suffix of the reporter off the job. */
  private static String series(String name) {
    return UPTIME + "{job='orders',instance=~'[0-9a-f]{32}',job_name='" + name + "'}";
  }

  private static double uptime(RunningPrometheus prometheus, String name) {
    return prometheus.query("max(" + series(name) + ") or vector(0)").getFirst();
  }

  private static void awaitUptime(
      ProcessCluster cluster, RunningPrometheus prometheus, String name, double least) {
    cluster.await(
        "the uptime grows: job=" + name + " least=" + least,
        () -> uptime(prometheus, name) >= least);
  }

  private static void assertNeverDecreases(RunningPrometheus prometheus, String name) {
    List<RunningPrometheus.Sample> samples = prometheus.samples(series(name), "node");
    int turns = 1;
    for (int i = 1; i < samples.size(); i++) {
      RunningPrometheus.Sample last = samples.get(i - 1);
      RunningPrometheus.Sample next = samples.get(i);
      assertTrue(next.value() >= last.value(), () -> last + ", and then " + next);
      turns += next.label().equals(last.label()) ? 0 : 1;
    }
    assertTrue(turns >= 1 && turns <= MOST_TURNS, samples::toString);
  }

  /** A group that is pushed to each second never misses five pushes. */
  private static void assertNothingExpired(ProcessCluster.Node node) {
    String page = node.get("/metrics").body();
    assertTrue(page.contains("\nsilverback_expired_groups_total 0\n"), node::name);
  }

  private static void assertFewPushesFailed(RunningProcess job) {
    String log = job.standardError();
    long failed = log.lines().filter(line -> line.contains("Failed to push metrics")).count();
    assertTrue(failed <= MOST_FAILED_PUSHES, log);
  }

  /** True if no page has the text; a page that is answered otherwise may hide it. */
  private static boolean isGone(ProcessCluster cluster, String text) {
    return cluster.nodes().stream()
        .map(node -> node.get("/metrics"))
        .allMatch(page -> shows(page) && !page.body().contains(text));
  }

  private static boolean shows(HttpResponse<String> page) {
    return page.statusCode() == 200;
  }
}
