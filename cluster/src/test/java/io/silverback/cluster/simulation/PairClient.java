package io.silverback.cluster.simulation;

import io.silverback.cluster.simulation.SimGroup.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Pushes ever larger values to one group, each to any node of a pair until one of them answers, and
 * remembers what it did.
 */
final class PairClient {
  private static final List<String> NAMES = List.of("f1", "f2", "f3");

  private final SimWorld world;
  private final SimCluster cluster;
  private final PairJudge judge;
  private final String key;
  private final long timeoutNanos;

  /** When each value was last sent to each process. */
  private final Map<Long, Map<SimProcess, Long>> sent = new HashMap<>();

  /** When the client gave a value up at a process that had not answered. */
  private final Map<Long, Map<SimProcess, Long>> abandoned = new HashMap<>();

  private SimGroup.Update update;
  private SimServer.@Nullable Connection connection;
  private long value;
  private long attempt;
  private boolean ended;
  private boolean waiting;

  PairClient(SimWorld world, SimCluster cluster, PairJudge judge, String key) {
    this.world = world;
    this.cluster = cluster;
    this.judge = judge;
    this.key = key;
    // Longer than a push may wait for its leader.
    this.timeoutNanos = world.between(8_600, 10_500) * SimWorld.MILLI;
    this.update = new SimGroup.Update(key, Kind.PUT, 0, new TreeMap<>(), 0);
  }

  String key() {
    return key;
  }

  void start() {
    world.in(world.between(0, SimWorld.SECOND), this::next);
  }

  void end() {
    ended = true;
  }

  /** True if it waits for its last answer. */
  boolean isEnding() {
    return ended && waiting;
  }

  /** True if the value was sent to that process after that time. */
  boolean sentSince(long value, SimProcess process, long nanos) {
    return sent.getOrDefault(value, Map.of()).getOrDefault(process, Long.MIN_VALUE) >= nanos;
  }

  /** When the client stopped to wait for the answer of that process; far ahead if it did not. */
  long abandoned(long value, SimProcess process) {
    return abandoned.getOrDefault(value, Map.of()).getOrDefault(process, Long.MAX_VALUE / 2);
  }

  private void next() {
    if (ended) {
      return;
    }
    value++;
    waiting = true;
    var families = new TreeMap<String, String>();
    double how = world.between(0, 99) / 100.0;
    Kind kind = how < 0.1 ? Kind.DELETE : how < 0.5 ? Kind.PUT : Kind.POST;
    if (kind != Kind.DELETE) {
      families.put(world.one(NAMES), key);
      families.put(world.one(NAMES), key);
    }
    update = new SimGroup.Update(key, kind, value, families, (int) world.between(0, 2));
    world.trace(() -> "asks " + update);
    attempt();
  }

  private void attempt() {
    SimServer server = world.one(cluster.servers());
    if (!server.process().alive()) {
      world.in(world.between(20, 200) * SimWorld.MILLI, this::attempt);
      return;
    }
    var over = connection;
    if (over == null || over.closed() || !over.isTo(server) || world.chance(0.2)) {
      over = server.connect();
    }
    connection = over;
    attempt++;
    long number = attempt;
    var used = over;
    sent.computeIfAbsent(value, _ -> new HashMap<>()).put(server.process(), world.now());
    server.request(
        over,
        update,
        reply -> {
          if (number == attempt) {
            heard(server, reply);
          }
        });
    world.in(
        timeoutNanos,
        () -> {
          if (number == attempt && waiting) {
            world.trace(() -> "gives up on " + server.process() + ": " + key + "=" + value);
            used.abandon();
            abandon(server);
            heard(server, SimServer.Reply.UNKNOWN);
          }
        });
  }

  private void abandon(SimServer server) {
    abandoned.computeIfAbsent(value, _ -> new HashMap<>()).put(server.process(), world.now());
  }

  private void heard(SimServer server, SimServer.Reply reply) {
    attempt++;
    if (reply == SimServer.Reply.OK) {
      judge.acknowledged(server, update);
      waiting = false;
      world.in(world.between(30, 600) * SimWorld.MILLI, this::next);
    } else {
      connection = null;
      world.in(world.between(10, 300) * SimWorld.MILLI, this::attempt);
    }
  }
}
