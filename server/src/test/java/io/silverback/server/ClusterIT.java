package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three packaged servers in three processes, of which some are killed and some are stopped. How
 * long what takes is printed, and not asserted.
 *
 * <p>Longer than other classes, as its tests share the three servers, whose start takes long.
 */
@Tag("clusters")
final class ClusterIT {
  private static final int NODES = 3;
  private static final int GROUPS = 60;
  private static final String OF_CLUSTER = "/metrics?scope=cluster";

  /** All samples of the values that {@link #pushRound} pushes. */
  private static final String SAMPLES =
      "query?query=" + RunningPrometheus.encoded("{__name__=~'value_.+'}[1h]");

  /** Longer than a lease, and the waiting time that follows its loss. */
  private static final Duration STOPPED = Duration.ofSeconds(5);

  private static final Duration SOCKET_LIMIT = Duration.ofSeconds(60);
  private static final Duration PROGRAM_LIMIT = Duration.ofMinutes(1);

  /** More than two sockets of one machine buffer. */
  private static final int LARGE_SERIES = 20_000;

  private static final String LONG_LABEL = "x".repeat(400);

  @TempDir private static Path folder;
  private static ProcessCluster cluster;

  @BeforeAll
  static void start() throws IOException {
    Path rules = folder.resolve("silverback.yml");
    Files.writeString(rules, "staleness: [{match: '{job=\"fleeting\"}', ttl: 3s}]\n");
    long startNanos = System.nanoTime();
    cluster =
        ProcessCluster.start(
            NODES, folder, "--config.file=" + rules, "--log.level=info", "--web.enable-admin-api");
    report("three nodes started and formed a cluster", startNanos);
  }

  @BeforeEach
  void mend() {
    cluster.mend();
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void aKilledNodeCostsNoAcknowledgedValue() {
    var acknowledged = new TreeMap<String, String>();
    pushRound(cluster.nodes(), "1", acknowledged);
    cluster.assertShown("value_", acknowledged);

    ProcessCluster.Node killed = cluster.node(1);
    killed.kill();
    long killedNanos = System.nanoTime();
    cluster.awaitShown("value_", acknowledged);
    report("kill -9 until the others exposed every group", killedNanos);
    cluster.await("the log tells it", () -> tellsOfTheLossOf("node-1"));
    pushRound(List.of(cluster.node(0), cluster.node(2)), "2", acknowledged);
    cluster.assertShown("value_", acknowledged);

    long backNanos = System.nanoTime();
    cluster.mend();
    report("start of the killed node until it was ready", backNanos);
    pushRound(List.of(killed), "3", acknowledged);
    cluster.assertShown("value_", acknowledged);
  }

  private static boolean tellsOfTheLossOf(String node) {
    String log = cluster.node(0).process().standardError();
    return log.contains("msg=\"an outage begins")
        && log.contains("msg=\"a node left the cluster\" node=" + node)
        && log.contains("msg=\"slots have a new leader\" node=node-0")
        && log.contains("msg=\"this node took slots over\"")
        && log.contains("msg=\"the outage is over");
  }

  @Test
  void debiansPythonClientPushesAndDeletesThroughAnyNode() {
    RunningProcess.debianProgram(
        "/usr/lib/python3/dist-packages/prometheus_client", "python3-prometheus-client");
    String first = "python_first{instance=\"worker-1\",job=\"python\"}";
    String second = "python_second{instance=\"worker-1\",job=\"python\"}";
    for (int i = 0; i < NODES; i++) {
      String value = String.valueOf(i);
      python("push", i, "python_first=" + value);
      cluster.assertShown("python_", Map.of(first, value));
      python("pushadd", i + 1, "python_second=" + value);
      cluster.assertShown("python_", Map.of(first, value, second, value));
      python("delete", i + 2);
      cluster.assertShown("python_", Map.of());
    }
  }

  private static void python(String action, int node, String... assignments) {
    var command = new ArrayList<String>();
    command.add(RunningProcess.debianProgram("/usr/bin/python3", "python3"));
    command.add("src/test/python/push.py");
    command.addAll(List.of(action, cluster.node(node % NODES).webAddress(), "python", "worker-1"));
    command.addAll(List.of(assignments));
    cluster.await(
        "the client succeeds, for which nothing but 200 and 202 will do: action=" + action,
        () -> {
          try (var client = RunningProcess.start(command, Map.of())) {
            return client.awaitExit(PROGRAM_LIMIT) == 0;
          }
        });
  }

  @Test
  void anOperatorTakesANodeOutAndBackFromTheCommandLine() {
    var acknowledged = new TreeMap<String, String>();
    pushRound(cluster.nodes(), "4", acknowledged);
    operate(0, 0, "wait-settled", "--members=3", "--timeout=2m");
    awaitStatus(0, ": settled\n");
    long drainNanos = System.nanoTime();
    operate(0, 1, "drain", "node-2", "--timeout=2m");
    report("a drain of one node", drainNanos);
    String ring = operate(0, 0, "ring");
    assertTrue(ring.matches("(?s).*\nnode-2 +0 +0 +0\n.*"), ring);
    cluster.node(2).kill();
    String forgotten = operate(0, 0, "forget", "node-2", "--timeout=2m");
    assertEquals("forget: done\n", forgotten);
    cluster.assertShown("value_", acknowledged);
    awaitStatus(1, "may fail now: 1 without losing pushes, 1 without stopping");

    cluster.mend();
    operate(0, 2, "wait-settled", "--members=3", "--timeout=2m");
    operate(0, 1, "undrain", "node-2");
    operate(0, 1, "rebalance");
    operate(0, 1, "repair");
    operate(1, 1, "drain", "node-3");
    operate(2, 1, "drain");
    operate(0, 2, "wait-settled", "--members=3", "--timeout=2m");
    cluster.assertShown("value_", acknowledged);
    String log = cluster.node(1).process().standardError();
    assertTrue(log.contains("msg=\"the cluster got a command\" source=127.0.0.1:"), log);
    assertTrue(log.contains(" command=drain node=node-2 outcome=done"), log);
  }

  /**
   * Through nodes that lead nothing, and while others take over what a node led that was killed in
   * the middle of its removal. A Prometheus that reads the history from all nodes, whichever of
   * them answer, gets each sample once.
   */
  @Test
  void aPageOfTheWholeClusterHasNoBlankInADrainAndIsLateAfterAKill(@TempDir Path folder) {
    try (var prometheus = RunningPrometheus.configured(readingFromAllNodes(), folder)) {
      drainAndKill(prometheus);
    }
  }

  private static void drainAndKill(RunningPrometheus prometheus) {
    var acknowledged = new TreeMap<String, String>();
    pushRound(cluster.nodes(), "4.5", acknowledged);
    pushRound(cluster.nodes(), "5", acknowledged);
    cluster.assertShown("value_", acknowledged);
    operate(0, 0, "wait-settled", "--members=3", "--timeout=2m");
    List<String> kept = samplesOf(cluster.node(0).json("/api/v1/" + SAMPLES));
    assertEquals(GROUPS, kept.size());
    for (ProcessCluster.Node node : cluster.nodes()) {
      assertEquals(kept, samplesOf(node.json("/api/v1/" + SAMPLES)));
    }
    cluster.await("Prometheus reads them", () -> readsAll(prometheus, kept));
    var drain = new Thread(() -> operate(0, 1, "drain", "node-2", "--timeout=2m"));
    drain.start();
    int pages = 0;
    int refusals = 0;
    int reads = 0;
    while (drain.isAlive() || pages < 2 * NODES) {
      reads += readsAll(prometheus, kept) ? 1 : 0;
      var page = cluster.node(pages % NODES).get(OF_CLUSTER);
      // A lease may run out on a busy machine, which is told, and no page with a hole.
      if (page.statusCode() == 503) {
        refusals++;
      } else {
        assertEquals(acknowledged, valuesOf(page.body()));
      }
      pages++;
    }
    System.out.printf(
        "pages of the whole cluster in a drain: %d, refused: %d, reads: %d%n",
        pages, refusals, reads);
    assertTrue(refusals < pages, "all pages were refused");
    assertTrue(reads > 0, "Prometheus read nothing");

    operate(0, 1, "undrain", "node-2");
    operate(0, 2, "wait-settled", "--members=3", "--timeout=2m");
    String drained = "/api/v1/cluster/members/node-1/drain";
    cluster.insist(202, cluster.node(0), "POST", drained + "?timeout=0s", "");
    cluster.node(1).kill();
    long killedNanos = System.nanoTime();
    cluster.await(
        "a page that is whole, the first or the second one",
        () -> {
          var page = cluster.node(0).get(OF_CLUSTER);
          if (page.statusCode() != 503) {
            assertEquals(acknowledged, valuesOf(page.body()));
          }
          report("a page after kill -9, status " + page.statusCode(), killedNanos);
          return page.statusCode() == 200;
        });
    cluster.await("Prometheus reads from the others", () -> readsAll(prometheus, kept));
    report("a read through Prometheus after kill -9", killedNanos);
    pushRound(List.of(cluster.node(0), cluster.node(2)), "6", acknowledged);
    cluster.mend();
    cluster.assertShown("value_", acknowledged);
    cluster.insist(200, cluster.node(0), "DELETE", drained, "");
  }

  private static String readingFromAllNodes() {
    var text = new StringBuilder("remote_read:\n");
    for (ProcessCluster.Node node : cluster.nodes()) {
      text.append("  - {read_recent: true, url: \"" + node.uri("/api/v1/read") + "\"}\n");
    }
    return text.toString();
  }

  /** False if Prometheus finds nothing, as no node answered; never does it find anything else. */
  private static boolean readsAll(RunningPrometheus prometheus, List<String> kept) {
    try {
      List<String> found = samplesOf(new JsonMapper().readTree(prometheus.ask(SAMPLES).body()));
      assertTrue(found.isEmpty() || found.equals(kept), found::toString);
      return !found.isEmpty();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The series of an answer, each with its samples, in any order. */
  private static List<String> samplesOf(JsonNode answer) {
    return StreamSupport.stream(answer.at("/data/result").spliterator(), false)
        .map(JsonNode::toString)
        .sorted()
        .toList();
  }

  private static Map<String, String> valuesOf(String page) {
    assertEquals(Set.of(), ownFamilies(page));
    var values = new TreeMap<String, String>();
    for (String line : page.lines().filter(each -> each.startsWith("value_")).toList()) {
      int blank = line.lastIndexOf(' ');
      values.put(line.substring(0, blank), line.substring(blank + 1));
    }
    return values;
  }

  private static Set<String> ownFamilies(String page) {
    var families = new HashSet<String>();
    page.lines()
        .filter(line -> line.matches("(silverback|pushgateway|process|jvm)_.*"))
        .forEach(families::add);
    return families;
  }

  private static void awaitStatus(int node, String words) {
    cluster.await(
        "the status says: " + words,
        () -> {
          try (RunningProcess client = client(node, "status")) {
            return client.awaitExit(PROGRAM_LIMIT) == 0 && client.standardOutput().contains(words);
          }
        });
  }

  private static String operate(int exitCode, int node, String... words) {
    try (RunningProcess client = client(node, words)) {
      assertEquals(
          exitCode, client.awaitExit(PROGRAM_LIMIT.multipliedBy(3)), client::standardError);
      return client.standardOutput();
    }
  }

  private static RunningProcess client(int node, String... words) {
    var command = new ArrayList<String>();
    command.addAll(List.of(RunningGateway.launcher(), "cluster"));
    command.addAll(List.of(words));
    command.add("--url=http://" + cluster.node(node).webAddress());
    return RunningProcess.start(command, Map.of());
  }

  @Test
  void aMinorityTakesNothingAndShowsNothing() {
    String series = "kept{instance=\"\",job=\"minority\"}";
    cluster.insist(200, cluster.node(1), "PUT", "/metrics/job/minority", "kept 1\n");
    String targets = targets(cluster.node(0));
    cluster.node(1).kill();
    cluster.node(2).kill();
    ProcessCluster.Node left = cluster.node(0);
    cluster.await("the lapse", () -> left.get("/-/ready").statusCode() == 503);

    var refused = left.send("PUT", "/metrics/job/minority", "kept 2\n");
    assertEquals(503, refused.statusCode(), refused.body());
    assertEquals(Optional.of("1"), refused.headers().firstValue("Retry-After"));
    assertEquals(503, left.send("DELETE", "/metrics/job/minority", "").statusCode());
    String page = left.get("/metrics").body();
    assertEquals(Set.of(), foreignTo(page));
    assertTrue(page.contains("\nsilverback_cluster_led_slots "), page);
    assertEquals(targets, targets(left));

    cluster.mend();
    cluster.awaitShown("kept", Map.of(series, "1"));
  }

  @Test
  void prometheusIsToldOfAllMembersAndOfThoseRemovedLately() {
    String whole = targets(cluster.node(0));
    for (ProcessCluster.Node node : cluster.nodes()) {
      assertEquals(whole, targets(node));
      assertTrue(whole.contains('"' + node.webAddress() + '"'), whole);
    }
    cluster.node(2).kill();
    cluster.await(
        "the others removed it",
        () -> !cluster.node(0).json("/api/v1/cluster").at("/data/removed").isEmpty());

    cluster.await("both know", () -> targets(cluster.node(1)).equals(targets(cluster.node(0))));
    assertEquals(whole, targets(cluster.node(0)));
  }

  /**
   * The kernel takes a push for a process that is stopped; when it goes on, it must not read it.
   */
  @Test
  void aPushInTheBufferOfAStoppedNodeIsNotApplied() throws IOException {
    String path = "/metrics/job/buffered";
    String series = "age{instance=\"\",job=\"buffered\"}";
    ProcessCluster.Node stopped = cluster.leaderOf("job=buffered");
    ProcessCluster.Node other = cluster.otherThan(stopped);
    cluster.insist(200, other, "PUT", path, "age 1\n");
    byte[] late =
        ("PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nage 2\n")
            .getBytes(StandardCharsets.US_ASCII);

    try (Socket open = connect(stopped);
        Socket queued = new Socket()) {
      // An answered request: the process has accepted this connection.
      open.getOutputStream().write(get("/-/healthy"));
      readUntil(open, "\r\n\r\nOK");
      stopped.process().stop();
      try {
        open.getOutputStream().write(late);
        queued.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), stopped.webPort()));
        queued.setSoTimeout((int) SOCKET_LIMIT.toMillis());
        queued.getOutputStream().write(late);
        RunningProcess.pause(STOPPED);
        cluster.insist(200, other, "PUT", path, "age 3\n");
      } finally {
        stopped.process().goOn();
      }
      for (Socket socket : List.of(open, queued)) {
        String answer = restOf(socket);
        assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 503 "), answer);
      }
    }
    cluster.mend();
    cluster.awaitShown("age", Map.of(series, "3"));
  }

  /** Its reader is slow, so most of the page was rendered and not sent when the lease ran out. */
  @Test
  void aScrapeThatOutlivesTheLeaseIsResetAndNotFinished() throws IOException {
    var body = new StringBuilder();
    for (int i = 0; i < LARGE_SERIES; i++) {
      body.append("large{series=\"").append(i).append(LONG_LABEL).append("\"} 1\n");
    }
    cluster.insist(200, cluster.node(0), "PUT", "/metrics/job/large", body.toString());
    ProcessCluster.Node leader = cluster.leaderOf("job=large");

    try (Socket scrape = connect(leader)) {
      scrape.getOutputStream().write(get("/metrics"));
      String head = readUntil(scrape, "\r\n\r\n").toLowerCase(Locale.ROOT);
      assertTrue(head.startsWith("http/1.1 200 ok\r\n"), head);
      assertTrue(head.contains("\r\ntransfer-encoding: chunked\r\n"), head);
      leader.process().stop();
      try {
        RunningProcess.pause(STOPPED);
      } finally {
        leader.process().goOn();
      }
      assertFalse(restOf(scrape).endsWith("\r\n0\r\n\r\n"), "the page came to its end");
    } finally {
      cluster.insist(202, cluster.otherThan(leader), "DELETE", "/metrics/job/large", "");
    }
  }

  @Test
  void anExpiredGroupDoesNotComeBackWithItsNextLeader() {
    String query = "job=fleeting";
    String path = "/metrics/job/fleeting";
    cluster.insist(200, cluster.node(0), "PUT", path, "fleeting 1\n");
    cluster.awaitShown("fleeting", Map.of());
    assertTrue(
        cluster.node(0).json("/api/v1/metrics").toString().contains("fleeting"),
        "an expired group is told of until it is purged");

    ProcessCluster.Node killed = cluster.leaderOf(query);
    killed.kill();
    cluster.await(
        "all slots are shown by the others",
        () -> Http.answersOk(cluster.otherThan(killed).uri("/api/v1/metrics")));
    cluster.assertShown("fleeting", Map.of());
    cluster.mend();
    cluster.assertShown("fleeting", Map.of());

    cluster.insist(200, cluster.node(0), "PUT", path, "fleeting 2\n");
    cluster.assertShown("fleeting", Map.of("fleeting{instance=\"\",job=\"fleeting\"}", "2"));
  }

  private static void pushRound(
      List<ProcessCluster.Node> through, String value, Map<String, String> acknowledged) {
    for (int i = 0; i < GROUPS; i++) {
      ProcessCluster.Node node = through.get(i % through.size());
      cluster.insist(200, node, "PUT", "/metrics/job/job-" + i, "value_" + i + " " + value + "\n");
      acknowledged.put("value_%d{instance=\"\",job=\"job-%d\"}".formatted(i, i), value);
    }
  }

  private static String targets(ProcessCluster.Node node) {
    JsonNode groups = node.json("/api/v1/cluster/http_sd");
    assertEquals(1, groups.size(), groups.toString());
    return groups.toString();
  }

  /** The families of a page that are neither the server's own nor those of its runtime. */
  private static Set<String> foreignTo(String page) {
    var families = new HashSet<String>();
    page.lines()
        .filter(line -> line.startsWith("# TYPE "))
        .map(line -> line.split(" ", -1)[2])
        .filter(name -> !name.matches("(silverback|pushgateway|process|jvm|go)_.*"))
        .forEach(families::add);
    return families;
  }

  private static Socket connect(ProcessCluster.Node node) throws IOException {
    var socket = new Socket();
    // Before the connect, or the kernel has agreed on a large one.
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.webPort()));
    socket.setSoTimeout((int) SOCKET_LIMIT.toMillis());
    return socket;
  }

  private static byte[] get(String path) {
    return ("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  private static String readUntil(Socket socket, String end) throws IOException {
    var text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int read = socket.getInputStream().read();
      assertTrue(read >= 0, () -> "closed too early: text=" + text);
      text.append((char) read);
    }
    return text.toString();
  }

  /** What comes until the connection ends, in whatever way. */
  private static String restOf(Socket socket) throws IOException {
    var text = new StringBuilder();
    byte[] buffer = new byte[1 << 16];
    try {
      InputStream in = socket.getInputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        text.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
      }
    } catch (SocketException _) {
      // Reset, which is an end, too.
    }
    return text.toString();
  }

  private static void report(String what, long sinceNanos) {
    System.out.printf("%s: %.1f s%n", what, (System.nanoTime() - sinceNanos) / 1e9);
  }
}
