package io.silverback.cluster.simulation;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** All hosts, and the wires between them: one for each direction. */
final class SimFabric {
  private static final int HELD = 2_000;
  private final SimWorld world;
  private final Map<String, SimHost> hosts = new LinkedHashMap<>();
  private final Map<Ends, Wire> wires = new LinkedHashMap<>();
  private final Map<Route, Connection> connections = new LinkedHashMap<>();
  private final Map<String, SimNetwork> networks = new LinkedHashMap<>();
  private double loss;
  private Tap tap = (_, _, _, _) -> {};

  /** Sees all that is sent. */
  @FunctionalInterface
  interface Tap {
    void sent(SimProcess from, SimProcess to, Network.Channel channel, byte[] message);
  }

  private record Ends(String from, String to) {}

  private record Route(Member from, Member to, Network.Channel channel) {}

  /** One direction between two hosts. */
  static final class Wire {
    private boolean cut;
    private boolean holds;
    private double loss;
    private long extraNanos;
    private Set<String> rejected = Set.of();
  }

  /** One direction of a connection between two processes. */
  private static final class Connection {
    private final SimProcess from;
    private final SimProcess to;
    private final Network.Channel channel;
    private final ArrayDeque<byte[]> held = new ArrayDeque<>();
    private long last;
    private int generation;

    Connection(SimProcess from, SimProcess to, Network.Channel channel) {
      this.from = from;
      this.to = to;
      this.channel = channel;
    }
  }

  SimFabric(SimWorld world) {
    this.world = world;
  }

  void add(SimHost host) {
    hosts.put(host.address(), host);
  }

  Collection<SimHost> hosts() {
    return hosts.values();
  }

  void plug(SimProcess process, SimNetwork network) {
    networks.put(process.host().address(), network);
  }

  void tap(Tap with) {
    tap = with;
  }

  /** Loses that part of all messages between nodes. */
  void lose(double part) {
    loss = part;
  }

  /** True if messages get from one host to the other. */
  boolean connects(SimHost from, SimHost to) {
    return from == to || !wire(from, to).cut;
  }

  /** True if messages get there and back. */
  boolean talks(SimHost one, SimHost other) {
    return connects(one, other) && connects(other, one);
  }

  void cut(SimHost from, SimHost to) {
    Wire wire = wire(from, to);
    wire.cut = true;
    wire.holds = world.chance(0.5);
  }

  /** New connections to these doors are refused on the way, whether or not they are open. */
  void reject(SimHost from, SimHost to, Set<String> ports) {
    wire(from, to).rejected = ports;
  }

  void knock(SimProcess from, String address, Consumer<Network.Knock> done) {
    String name = address.substring(0, address.indexOf(':'));
    SimHost to = hosts.get(name + ":9");
    boolean isAnswered = to != null && talks(from.host(), to);
    boolean isRefused =
        to != null
            && (isRejected(wire(from.host(), to), address)
                || (isAnswered && refuses(to, address.endsWith(":80"))));
    world.in(
        isRefused ? world.between(50_000, 2 * SimWorld.MILLI) : 500 * SimWorld.MILLI,
        () ->
            from.arrive(
                () -> done.accept(isRefused ? Network.Knock.REFUSED : Network.Knock.NOT_REFUSED)));
  }

  private static boolean isRejected(Wire wire, String address) {
    return wire.rejected.stream().anyMatch(address::endsWith);
  }

  private static boolean refuses(SimHost host, boolean web) {
    return host.process().map(process -> web && !process.webOpen()).orElse(!host.silent());
  }

  void worsen(SimHost from, SimHost to, double lost, long extraNanos) {
    Wire wire = wire(from, to);
    wire.loss = lost;
    wire.extraNanos = extraNanos;
  }

  /** Mends the wire; what its connections held comes through, late. */
  void mend(SimHost from, SimHost to) {
    Wire wire = wire(from, to);
    wire.cut = false;
    wire.rejected = Set.of();
    wire.loss = 0;
    wire.extraNanos = 0;
    for (Connection connection : List.copyOf(connections.values())) {
      if (connection.from.host() == from && connection.to.host() == to) {
        var held = List.copyOf(connection.held);
        connection.held.clear();
        // What is on its way was sent later, so it must not be first.
        connection.generation += held.isEmpty() ? 0 : 1;
        held.forEach(message -> carry(connection, message));
      }
    }
  }

  boolean send(SimProcess from, String address, Network.Channel channel, byte[] message) {
    Optional<SimProcess> to = Optional.ofNullable(hosts.get(address)).flatMap(SimHost::process);
    if (to.isEmpty() || !from.alive()) {
      return world.chance(0.5);
    }
    tap.sent(from, to.get(), channel, message);
    var connection =
        connections.computeIfAbsent(
            new Route(from.member(), to.get().member(), channel),
            _ -> new Connection(from, to.get(), channel));
    Wire wire = wire(from.host(), to.get().host());
    if (world.chance(Math.max(loss, wire.loss))) {
      return true;
    }
    carry(connection, message);
    return true;
  }

  private void carry(Connection connection, byte[] message) {
    Wire wire = wire(connection.from.host(), connection.to.host());
    long delay = world.between(50_000, 2 * SimWorld.MILLI) + wire.extraNanos;
    if (connection.channel == Network.Channel.DATA && world.chance(0.0003)) {
      delay += world.between(200 * SimWorld.MILLI, 4 * SimWorld.SECOND);
    }
    long leaves = world.now() + connection.from.stalledNanos();
    connection.last = Math.max(connection.last + 1, leaves + delay);
    int generation = connection.generation;
    world.in(connection.last - world.now(), () -> deliver(connection, generation, message));
  }

  private void deliver(Connection connection, int generation, byte[] message) {
    if (connection.generation != generation || !connection.to.alive()) {
      return;
    }
    Wire wire = wire(connection.from.host(), connection.to.host());
    if (wire.cut) {
      if (wire.holds && connection.held.size() < HELD) {
        connection.held.add(message);
      }
      return;
    }
    if (!connection.held.isEmpty()) {
      connection.held.add(message);
      return;
    }
    connection.to.arrive(() -> hand(connection, generation, message));
  }

  /** A process has ended, and its host says so to those that it was connected to. */
  void hangUp(SimProcess ended) {
    for (Connection connection : connections.values()) {
      if (connection.from == ended && connection.channel == Network.Channel.CONTROL) {
        tellEnd(connection);
      }
    }
  }

  private void tellEnd(Connection connection) {
    SimHost from = connection.from.host();
    SimProcess to = connection.to;
    if (to.alive() && !from.silent() && talks(from, to.host())) {
      world.in(
          world.between(50_000, 2 * SimWorld.MILLI),
          () ->
              to.arrive(
                  () ->
                      Optional.ofNullable(networks.get(to.host().address()))
                          .ifPresent(network -> network.hungUp(sender(connection)))));
    }
  }

  private static Network.Sender sender(Connection connection) {
    Member from = connection.from.member();
    return new Network.Sender(from.nodeId(), from.incarnation(), from.peerAddress());
  }

  private void hand(Connection connection, int generation, byte[] message) {
    SimNetwork network = networks.get(connection.to.host().address());
    if (network != null && connection.generation == generation && connection.to.alive()) {
      if (connection.channel == Network.Channel.DATA) {
        connection.to.pushComes();
      }
      network.received(connection.channel, sender(connection), message);
    }
  }

  /** Drops what connections of that process still hold; of what it sent, some may be through. */
  void drop(SimProcess process) {
    for (Connection connection : new ArrayList<>(connections.values())) {
      boolean dropped =
          connection.channel == Network.Channel.CONTROL
              || connection.channel == Network.Channel.DATA;
      boolean sent = connection.from == process;
      if (dropped && (connection.to == process || (sent && world.chance(0.5)))) {
        connection.generation++;
        connection.held.clear();
        connection.last = 0;
        if (sent && connection.channel == Network.Channel.CONTROL) {
          tellEnd(connection);
        }
      }
    }
  }

  private Wire wire(SimHost from, SimHost to) {
    return wires.computeIfAbsent(new Ends(from.name(), to.name()), _ -> new Wire());
  }
}
