package io.silverback.cluster.simulation;

import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Pushes ever larger values to one group, one after the other, each through any server; goes to
 * another server until it has an answer.
 */
final class SimClient {
  private static final List<String> NAMES = List.of("f1", "f2", "f3");

  private final SimWorld world;
  private final SimCluster cluster;
  private final SimLedger ledger;
  private final boolean collides;
  private final long timeoutNanos;
  private SimGroup.Update update;
  private SimServer.@Nullable Connection connection;
  private long attempt;
  private boolean unsure;
  private boolean waiting;
  private boolean ended;
  private long longestNanos;

  SimClient(SimWorld world, SimCluster cluster, SimLedger ledger, boolean collides) {
    this.world = world;
    this.cluster = cluster;
    this.ledger = ledger;
    this.collides = collides;
    // Longer than a push may wait for its leader.
    this.timeoutNanos = world.between(8_600, 10_500) * SimWorld.MILLI;
    this.update = new SimGroup.Update(ledger.key(), SimGroup.Kind.PUT, 0, new TreeMap<>(), 0);
  }

  void start() {
    world.in(world.between(0, SimWorld.SECOND), this::next);
  }

  void end() {
    ended = true;
  }

  boolean ended() {
    return ended;
  }

  boolean idle() {
    return ended && !waiting;
  }

  /** How long the slowest push took, from its first attempt on. */
  long longestNanos() {
    return longestNanos;
  }

  private void next() {
    if (ended) {
      return;
    }
    boolean putOnly = unsure;
    unsure = false;
    waiting = true;
    update = invent(putOnly);
    ledger.ask(update);
    long began = world.now();
    world.trace(() -> "asks " + update);
    attempt(began);
  }

  private SimGroup.Update invent(boolean putOnly) {
    double kind = world.between(0, 99) / 100.0;
    int value = ledger.asked() + 1;
    int shape = (int) world.between(0, 2);
    var families = new TreeMap<String, String>();
    if (!putOnly && kind < 0.1) {
      return new SimGroup.Update(ledger.key(), SimGroup.Kind.DELETE, value, families, shape);
    }
    String tag = ledger.key();
    if (collides) {
      // The group with the label always has its series; the one without may push them in a body.
      boolean labelled = ledger.key().endsWith("/tag/a");
      tag = labelled || (!putOnly && world.chance(0.5)) ? "a" : "";
    }
    String only = collides ? "f1" : world.one(NAMES);
    families.put(only, tag);
    if (!collides && world.chance(0.5)) {
      families.put(world.one(NAMES), tag);
    }
    boolean put = putOnly || collides || kind < 0.7;
    return new SimGroup.Update(
        ledger.key(), put ? SimGroup.Kind.PUT : SimGroup.Kind.POST, value, families, shape);
  }

  private void attempt(long began) {
    SimServer server = world.one(cluster.servers());
    if (!server.process().alive()) {
      world.in(world.between(20, 200) * SimWorld.MILLI, () -> attempt(began));
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
    server.request(
        over,
        update,
        reply -> {
          if (number == attempt) {
            heard(reply, began);
          }
        });
    world.in(
        timeoutNanos,
        () -> {
          if (number == attempt && waiting) {
            world.trace(() -> "gives up on " + server.process() + ": " + update.key());
            used.abandon();
            connection = null;
            heard(SimServer.Reply.UNKNOWN, began);
          }
        });
  }

  private void heard(SimServer.Reply reply, long began) {
    attempt++;
    switch (reply) {
      case OK -> {
        ledger.answered(ledger.asked());
        cluster.acknowledged(ledger);
        unsure = false;
        done(began);
      }
      case REFUSED -> {
        if (!collides) {
          world.in(world.between(50, 500) * SimWorld.MILLI, () -> attempt(began));
          return;
        }
        if (!unsure) {
          ledger.refused(ledger.asked());
        }
        done(began);
      }
      case TURNED_AWAY -> again(began);
      case UNKNOWN -> {
        unsure = true;
        again(began);
      }
    }
  }

  private void again(long began) {
    connection = null;
    world.in(world.between(10, 300) * SimWorld.MILLI, () -> attempt(began));
  }

  private void done(long began) {
    waiting = false;
    longestNanos = Math.max(longestNanos, world.now() - began);
    // What was deleted has to stay so for long, or nothing would ever be purged.
    boolean rests = update.kind() == SimGroup.Kind.DELETE && world.chance(0.6);
    long pauseMillis = rests ? world.between(2_000, 20_000) : world.between(30, 600);
    world.in(pauseMillis * SimWorld.MILLI, this::next);
  }
}
