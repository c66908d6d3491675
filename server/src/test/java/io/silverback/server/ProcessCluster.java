package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Packaged servers of one cluster, each a process with a store, and whatever else asks to join
 * them. What a test waits for gets much time, as the machine may be busy with other things.
 */
final class ProcessCluster implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);
  private static final JsonMapper JSON = new JsonMapper();

  private final Path folder;
  private final Path secret;
  private final List<String> flags;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Node> strangers = new ArrayList<>();

  /** A server that may be down. Not thread-safe. */
  final class Node {
    private final int webPort = RunningProcess.lastingPort();
    private final int peerPort = RunningProcess.lastingPort();
    private final String name;
    private final List<String> own;
    private final boolean joins;
    private String launcher = RunningGateway.launcher();
    private Map<String, String> environment = Map.of();
    private @Nullable RunningProcess process;

    private Node(String name, boolean joins, List<String> own) {
      this.name = name;
      this.joins = joins;
      this.own = own;
    }

    String webAddress() {
      return "127.0.0.1:" + webPort;
    }

    String name() {
      return name;
    }

    int webPort() {
      return webPort;
    }

    URI uri(String path) {
      return URI.create("http://" + webAddress() + path);
    }

    /** A server that is down answers nothing, so there is nothing to get. */
    HttpResponse<String> get(String path) {
      return send("GET", path, "");
    }

    /** Sent once more if no answer came: a node that loses its lease ends all connections. */
    HttpResponse<String> send(String method, String path, String body) {
      try {
        return Http.send(method, uri(path), body);
      } catch (UncheckedIOException _) {
        return Http.send(method, uri(path), body);
      }
    }

    /** What it answers to a read, sooner or later: {@link #insist}. */
    JsonNode json(String path) {
      try {
        return JSON.readTree(insist(200, this, "GET", path, "").body());
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
    }

    boolean isUp() {
      return process != null;
    }

    RunningProcess process() {
      if (process == null) {
        throw new IllegalStateException("the node is down: node=" + name);
      }
      return process;
    }

    /** More variables for its starts from now on. */
    void setEnvironment(Map<String, String> variables) {
      environment = variables;
    }

    /** The build that its starts are of from now on. */
    void setLauncher(String launcher) {
      this.launcher = launcher;
    }

    /** One more for its starts from now on. */
    void addFlag(String flag) {
      own.add(flag);
    }

    void removeFlag(String flag) {
      own.remove(flag);
    }

    /** As kill -9 does it. */
    void kill() {
      process().close();
      process = null;
    }

    /** As an operator does it: it hands over what it leads first. */
    void end() {
      process().terminate();
      kill();
    }

    private void start() {
      var command = new ArrayList<String>();
      command.add(launcher);
      command.add("--web.listen-address=" + webAddress());
      command.add("--cluster.listen-address=127.0.0.1:" + peerPort);
      for (Node other : joins ? nodes : List.<Node>of()) {
        command.add("--cluster.join=127.0.0.1:" + other.peerPort);
      }
      command.addAll(own);
      process = RunningProcess.start(command, environment);
    }

    /** What it says of itself, and what its threads do if it is not ready. */
    private String state() {
      String ready;
      try {
        ready = get("/-/ready").body();
      } catch (UncheckedIOException deaf) {
        ready = String.valueOf(deaf.getMessage());
      }
      return ready + "\n" + (Http.answersOk(uri("/-/ready")) ? "" : process().threads());
    }

    /** True if it is ready, and knows of a leader for each slot. */
    boolean isWhole() {
      return Http.answersOk(uri("/-/ready")) && Http.answersOk(uri("/api/v1/metrics"));
    }
  }

  private ProcessCluster(int size, Path folder, List<String> flags) {
    this.folder = folder;
    this.flags = flags;
    secret = secretFile("secret");
    for (int i = 0; i < size; i++) {
      String name = "node-" + i;
      nodes.add(new Node(name, true, flagsOf(name, size, secret, folder.resolve(name))));
    }
  }

  /** Starts that many servers with these flags more, and waits until they are a whole cluster. */
  static ProcessCluster start(int size, Path folder, String... flags) {
    ProcessCluster cluster = ofDeadNodes(size, folder, flags);
    try {
      cluster.mend();
    } catch (AssertionError | RuntimeException e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /** The same, of which none runs yet. */
  static ProcessCluster ofDeadNodes(int size, Path folder, String... flags) {
    return new ProcessCluster(size, folder, List.of(flags));
  }

  /** A file with a secret that no other file has. */
  Path secretFile(String name) {
    try {
      Path file = folder.resolve(name);
      var owner =
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
      Files.createFile(file, owner);
      return Files.writeString(file, "only for tests, and for those named " + name + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path secret() {
    return secret;
  }

  private List<String> flagsOf(String name, int expected, Path secret, Path store) {
    var all = new ArrayList<>(flags);
    all.add("--persistence.file=" + store);
    all.add("--cluster.node-id=" + name);
    all.add("--cluster.bootstrap-expect=" + expected);
    all.add("--cluster.secret-file=" + secret);
    return all;
  }

  /** Starts one more server, which is no part of the cluster yet, and may never be. */
  Node stranger(String name, Path secret, Path store) {
    return startStranger(
        new Node(name, true, flagsOf(name, nodes.size() + 1, secret, store)), "/-/healthy");
  }

  /** Starts a cluster of one that knows of nobody. */
  Node hermit(String name, Path store) {
    return startStranger(new Node(name, false, flagsOf(name, 1, secret, store)), "/-/ready");
  }

  private Node startStranger(Node stranger, String path) {
    strangers.add(stranger);
    stranger.start();
    await(stranger.name + " answers: path=" + path, () -> Http.answersOk(stranger.uri(path)));
    return stranger;
  }

  /** Starts what is down, and waits until every node is ready and all of them show all groups. */
  void mend() {
    nodes.stream().filter(node -> !node.isUp()).forEach(Node::start);
    await("all nodes are ready", () -> nodes.stream().allMatch(Node::isWhole));
  }

  Node node(int index) {
    return nodes.get(index);
  }

  List<Node> nodes() {
    return nodes;
  }

  /** One of those that are up. */
  Node up(int number) {
    return up().get(number % up().size());
  }

  private List<Node> up() {
    return nodes.stream().filter(Node::isUp).toList();
  }

  /** The node that leads a group, as another tells it. */
  Node leaderOf(String query) {
    String name =
        up().getFirst().json("/api/v1/cluster/owner?" + query).at("/data/leader").asText();
    return nodes.stream()
        .filter(node -> node.name.equals(name))
        .findFirst()
        .orElseGet(() -> fail("nobody leads the group: query=" + query + " leader=" + name));
  }

  /** Any node but that one, which is up. */
  Node otherThan(Node node) {
    return up().stream().filter(other -> other != node).findFirst().orElseThrow();
  }

  /**
   * Sends a request until it is answered as wanted. A client has to send again what gets a 503 or
   * no answer at all: on a busy machine a lease may run out at any time.
   */
  HttpResponse<String> insist(int wanted, Node node, String method, String path, String body) {
    var answers = new ArrayList<HttpResponse<String>>();
    await(
        method + " " + path + " is answered " + wanted,
        () -> {
          HttpResponse<String> answer = node.send(method, path, body);
          if (answer.statusCode() != wanted && answer.statusCode() != 503) {
            fail("answered otherwise: status=" + answer.statusCode() + " " + answer.body());
          }
          answers.add(answer);
          return answer.statusCode() == wanted;
        });
    return answers.getLast();
  }

  /** Sends an order until it is answered so, whatever else the node says meanwhile. */
  void insistOn(int wanted, Node node, String method, String path) {
    await(
        method + " " + path + " is answered " + wanted,
        () -> node.send(method, path, "").statusCode() == wanted);
  }

  /**
   * What all nodes that are up expose of the families whose names begin so: name and labels ->
   * value. Fails if two of them expose the same. All are read again if one of them has no lease:
   * what it does not show, another may show in a moment.
   */
  Map<String, String> shown(String prefix) {
    var pages = new ArrayList<HttpResponse<String>>();
    await(
        "all pages are answered with 200",
        () -> {
          pages.clear();
          up().forEach(node -> pages.add(node.get("/metrics")));
          return pages.stream().allMatch(page -> page.statusCode() == 200);
        });
    var shown = new TreeMap<String, String>();
    for (HttpResponse<String> page : pages) {
      for (String line : page.body().lines().filter(each -> each.startsWith(prefix)).toList()) {
        int blank = line.lastIndexOf(' ');
        String earlier = shown.put(line.substring(0, blank), line.substring(blank + 1));
        assertNull(earlier, () -> "exposed twice: line=" + line);
      }
    }
    return shown;
  }

  /**
   * Fails if the nodes that are up expose anything else of those families, or not all of it in the
   * end: on a busy machine a slot may be without a leader for a moment at any time.
   */
  void assertShown(String prefix, Map<String, String> wanted) {
    await(
        "shown are " + wanted,
        () -> {
          Map<String, String> shown = shown(prefix);
          if (!wanted.entrySet().containsAll(shown.entrySet())) {
            fail("shown are " + shown + ", and not " + wanted);
          }
          return shown.size() == wanted.size();
        });
  }

  /** Waits until the nodes that are up expose this and nothing else of those families. */
  void awaitShown(String prefix, Map<String, String> wanted) {
    await("shown are " + wanted, () -> shown(prefix).equals(wanted));
  }

  /** What a test waits for. */
  @FunctionalInterface
  interface Condition {
    boolean holds();
  }

  void await(String what, Condition condition) {
    long start = System.nanoTime();
    while (!holds(condition)) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        fail("waited in vain: what=" + what + "\n" + logs());
      }
      RunningProcess.pause(PROBE_INTERVAL);
    }
  }

  /** A node that loses its lease ends all connections, those of a test included. */
  private static boolean holds(Condition condition) {
    try {
      return condition.holds();
    } catch (UncheckedIOException _) {
      return false;
    }
  }

  private String logs() {
    var text = new StringBuilder();
    IntStream.range(0, nodes.size() + strangers.size())
        .mapToObj(i -> i < nodes.size() ? nodes.get(i) : strangers.get(i - nodes.size()))
        .filter(Node::isUp)
        .forEach(
            node ->
                text.append(node.name)
                    .append(": ")
                    .append(node.state())
                    .append(node.process().standardError())
                    .append('\n'));
    return text.toString();
  }

  @Override
  public void close() {
    nodes.stream().filter(Node::isUp).forEach(Node::kill);
    strangers.stream().filter(Node::isUp).forEach(Node::kill);
  }
}
