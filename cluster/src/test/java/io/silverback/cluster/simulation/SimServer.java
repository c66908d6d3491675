package io.silverback.cluster.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.ReplicaStore;
import io.silverback.codec.model.VersionClock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A process with its node and its endpoint. Requests over a connection are read when the process
 * moves, maybe long after they were sent; its endpoint refuses those that the node does not admit.
 */
final class SimServer {
  private final SimWorld world;
  private final SimFabric fabric;
  private final SimProcess process;
  private final SimNode node;
  private final SimMembership membership;
  private final List<Connection> open = new ArrayList<>();
  private boolean leaving;

  /** What a client hears. */
  enum Reply {
    OK,
    /** Not done, and never will be. */
    REFUSED,
    /** Not done, since the server was closed. */
    TURNED_AWAY,
    /** Nobody knows. */
    UNKNOWN
  }

  /** One connection of one client, for one request at a time. */
  static final class Connection {
    private final SimServer to;
    private long acceptedNanos;
    private boolean closed;
    private @Nullable Consumer<Reply> waiting;

    Connection(SimServer to) {
      this.to = to;
    }

    boolean isTo(SimServer server) {
      return to == server;
    }

    boolean closed() {
      return closed;
    }

    /** The client closes it; what it sent stays in the server's socket. */
    void abandon() {
      waiting = null;
    }
  }

  SimServer(
      SimWorld world,
      SimFabric fabric,
      SimLogs logs,
      SimProcess process,
      ClusterConfig config,
      SimNode.Factory factory) {
    this.world = world;
    this.fabric = fabric;
    this.process = process;
    this.membership = new SimMembership(world, fabric, process);
    var network = new SimNetwork(fabric, process);
    fabric.plug(process, network);
    var ports =
        new ClusterPorts(
            process,
            process,
            network,
            membership,
            new SimViewLog(world, logs, process),
            process.host().store(),
            new VersionClock(process::wallMillis, process.member().incarnation()),
            world::number);
    this.node = factory.create(config, process.member(), ports, this::closeAll);
    // Drawn already, as a number of its own would make another story of every seed.
    long opens = Math.floorMod(process.member().incarnation(), SimWorld.SECOND);
    world.in(opens, () -> process.openWeb(!leaving));
  }

  SimProcess process() {
    return process;
  }

  SimHost host() {
    return process.host();
  }

  SimNode node() {
    return node;
  }

  SimMembership membership() {
    return membership;
  }

  /** True if it could answer now. */
  boolean awake() {
    return process.alive() && !process.paused();
  }

  boolean leaving() {
    return leaving;
  }

  void leave() {
    leaving = true;
    process.openWeb(false);
    node.close();
  }

  void kill() {
    process.kill();
    fabric.hangUp(process);
    closeAll();
  }

  Connection connect() {
    var connection = new Connection(this);
    open.add(connection);
    world.in(
        world.between(50_000, SimWorld.MILLI),
        () -> process.arrive(() -> connection.acceptedNanos = process.nanoTime()));
    return connection;
  }

  void request(Connection over, SimGroup.Update update, Consumer<Reply> reply) {
    over.waiting = reply;
    world.in(
        world.between(SimWorld.MILLI, 3 * SimWorld.MILLI),
        () -> process.arrive(() -> read(over, update)));
  }

  /** Asks for all groups to be forgotten. */
  void wipe(Connection over, Consumer<Reply> reply) {
    over.waiting = reply;
    world.in(
        world.between(SimWorld.MILLI, 3 * SimWorld.MILLI),
        () -> process.arrive(() -> readWipe(over)));
  }

  private void readWipe(Connection over) {
    if (over.closed || !process.alive()) {
      return;
    }
    if (!node.admits(over.acceptedNanos)) {
      answer(over, Reply.TURNED_AWAY);
      over.closed = true;
      return;
    }
    node.wipe(
        outcome -> {
          world.trace(() -> process + " answers a wipe " + outcome);
          answer(over, outcome.slots() == 0 ? Reply.OK : Reply.UNKNOWN);
        });
  }

  private void read(Connection over, SimGroup.Update update) {
    if (over.closed || !process.alive()) {
      return;
    }
    if (!node.admits(over.acceptedNanos)) {
      answer(over, Reply.TURNED_AWAY);
      over.closed = true;
      return;
    }
    var once = new boolean[1];
    process.pushComes();
    node.submit(
        update.key().getBytes(UTF_8),
        ReplicaStore.Update.of(update.encode()),
        outcome -> {
          if (once[0]) {
            throw new SimViolation("a push was answered twice: " + outcome);
          }
          once[0] = true;
          world.trace(
              () ->
                  process
                      + " answers "
                      + update.key()
                      + "="
                      + update.value()
                      + " "
                      + textOf(outcome));
          answer(over, replyOf(outcome));
        });
  }

  private static String textOf(PushOutcome outcome) {
    return switch (outcome) {
      case PushOutcome.Answered(byte[] answer) -> new String(answer, UTF_8);
      case PushOutcome.Unavailable(String reason) -> "unavailable: " + reason;
    };
  }

  private static Reply replyOf(PushOutcome outcome) {
    return switch (outcome) {
      case PushOutcome.Answered(byte[] answer) ->
          new String(answer, UTF_8).equals("ok") ? Reply.OK : Reply.REFUSED;
      case PushOutcome.Unavailable _ -> Reply.UNKNOWN;
    };
  }

  private void answer(Connection over, Reply reply) {
    world.in(
        process.stalledNanos() + world.between(100_000, 2 * SimWorld.MILLI),
        () -> {
          if (!over.closed || reply == Reply.TURNED_AWAY) {
            hear(over, reply);
          }
        });
  }

  private static void hear(Connection over, Reply reply) {
    Consumer<Reply> waiting = over.waiting;
    over.waiting = null;
    if (waiting != null) {
      waiting.accept(reply);
    }
  }

  private void closeAll() {
    for (Connection connection : open) {
      connection.closed = true;
      world.in(
          process.stalledNanos() + world.between(100_000, 3 * SimWorld.MILLI),
          () -> hear(connection, Reply.UNKNOWN));
    }
    open.clear();
  }

  @Override
  public String toString() {
    return process + " " + node;
  }
}
