package io.silverback.server;

import static org.junit.jupiter.api.Assertions.fail;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.flags.Flags;
import io.silverback.server.member.ClusterLibraries;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;

/** Some gateways of one cluster inside the test's process, with short leases. */
final class LocalCluster implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final LocalLibraries world = new LocalLibraries();
  private final ClusterLibraries libraries;
  private final List<Gateway> gateways = new ArrayList<>();
  private final List<Relay> relays = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();

  private final IntFunction<List<String>> moreFlags;

  private LocalCluster(
      int size,
      UnaryOperator<ClusterLibraries> over,
      boolean canBeCut,
      IntFunction<List<String>> moreFlags) {
    libraries = over.apply(world);
    this.moreFlags = moreFlags;
    for (int i = 0; i < 3 * size; i++) {
      ports.add(RunningProcess.lastingPort());
    }
    for (int i = 0; i < size && canBeCut; i++) {
      relays.add(Relay.start(ports.get(2 * size + i), ports.get(2 * i + 1)));
    }
    for (int i = 0; i < size; i++) {
      gateways.add(start(i, size));
    }
  }

  /** Starts that many nodes and waits until each is ready and all slots are shown. */
  static LocalCluster start(int size) throws IOException {
    return start(size, UnaryOperator.identity());
  }

  /** The same with other libraries, made of those that there are. */
  static LocalCluster start(int size, UnaryOperator<ClusterLibraries> over) throws IOException {
    return whole(new LocalCluster(size, over, false, _ -> List.of()));
  }

  /** The same with flags that each node gets, too. */
  static LocalCluster startWith(int size, String... moreFlags) throws IOException {
    List<String> all = List.of(moreFlags);
    return whole(new LocalCluster(size, UnaryOperator.identity(), false, _ -> all));
  }

  /** The same of nodes that {@link #cut} takes apart. */
  static LocalCluster startToBeCut(int size) throws IOException {
    return startToBeCut(size, _ -> List.of());
  }

  /** The same with flags that a node gets, too. */
  static LocalCluster startToBeCut(int size, IntFunction<List<String>> moreFlags)
      throws IOException {
    return whole(new LocalCluster(size, UnaryOperator.identity(), true, moreFlags));
  }

  private static LocalCluster whole(LocalCluster cluster) throws IOException {
    int size = cluster.size();
    try {
      cluster.await("a group list", () -> cluster.get(0, "/api/v1/metrics").status() == 200);
      for (int i = 0; i < size; i++) {
        int node = i;
        cluster.await("readiness", () -> cluster.get(node, "/-/ready").status() == 200);
      }
    } catch (IOException | AssertionError e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  private Gateway start(int node, int size) {
    var flags = new ArrayList<String>();
    flags.add("--web.listen-address=" + webAddress(node));
    flags.add("--web.enable-admin-api");
    flags.add("--cluster.listen-address=127.0.0.1:" + ports.get(2 * node + 1));
    flags.add("--cluster.advertise-address=" + peerAddress(node, size));
    flags.add("--cluster.advertise-web-address=" + webAddress(node));
    flags.add("--cluster.node-id=node-" + node);
    flags.add("--cluster.lease=900ms");
    flags.add("--cluster.renewal=100ms");
    flags.add("--cluster.push-budget=4s");
    flags.add("--cluster.drain-timeout=2s");
    flags.add("--shutdown.timeout=0s");
    flags.addAll(moreFlags.apply(node));
    for (int other = 0; other < size; other++) {
      flags.add("--cluster.join=" + peerAddress(other, size));
    }
    if (Flags.parse(flags, Map.of()) instanceof Flags.Request.Serve serve) {
      return Gateway.start(serve.config(), UnaryOperator.identity(), () -> libraries);
    }
    throw new IllegalArgumentException("not flags to serve with: flags=" + flags);
  }

  /** Starts another node. */
  void add() {
    ports.add(RunningProcess.lastingPort());
    ports.add(RunningProcess.lastingPort());
    gateways.add(start(size(), size() + 1));
  }

  int size() {
    return gateways.size();
  }

  String webAddress(int node) {
    return "127.0.0.1:" + ports.get(2 * node);
  }

  /** True if nobody listens at that port now. */
  static boolean isRefused(int port) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return !socket.isConnected();
    } catch (ConnectException _) {
      return true;
    }
  }

  int webPort(int node) {
    return ports.get(2 * node);
  }

  int peerPort(int node) {
    return ports.get(2 * node + 1);
  }

  /** Under which the others reach it. */
  private String peerAddress(int node, int size) {
    return "127.0.0.1:" + ports.get(relays.isEmpty() ? 2 * node + 1 : 2 * size + node);
  }

  /** From now on no node reaches another one, or all reach one another again. */
  void cut(boolean cuts) {
    freezeViews(cuts);
    relays.forEach(relay -> relay.cut(cuts));
  }

  Answer send(int node, String method, String path, String body) throws IOException {
    return new RawHttp(ports.get(2 * node)).send(method, path, body);
  }

  /** Sends a whole request exactly as written, and waits until the server closes. */
  Answer exchange(int node, String request) throws IOException {
    return new RawHttp(ports.get(2 * node)).exchange(request.getBytes(StandardCharsets.UTF_8));
  }

  Answer get(int node, String path) throws IOException {
    return send(node, "GET", path, "");
  }

  /** From now on no view follows the newest one, or again what the nodes propose. */
  void freezeViews(boolean freezes) {
    world.freeze(freezes);
  }

  void stop(int node) {
    gateways.get(node).close();
  }

  /** What a test waits for. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws IOException;
  }

  void await(String what, Condition condition) throws IOException {
    long start = System.nanoTime();
    while (!holds(condition)) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        fail("waited in vain: what=" + what + " overview=" + get(0, "/api/v1/cluster").text());
      }
      RunningProcess.pause(Duration.ofMillis(50));
    }
  }

  /** A node that loses its lease ends all connections, those of a test included. */
  private static boolean holds(Condition condition) throws IOException {
    try {
      return condition.holds();
    } catch (SocketException _) {
      return false;
    }
  }

  @Override
  public void close() {
    gateways.forEach(Gateway::close);
    relays.forEach(Relay::close);
  }
}
