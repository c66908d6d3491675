package io.silverback.cluster.simulation;

/** Tells any server to wipe all groups, now and then, and goes on whatever it hears. */
final class SimWiper {
  /** After that long no leader begins with it any more. */
  private static final long OVER_NANOS = 12 * SimWorld.SECOND;

  private final SimWorld world;
  private final SimCluster cluster;
  private boolean ended;
  private boolean waiting;
  private int asked;

  SimWiper(SimWorld world, SimCluster cluster) {
    this.world = world;
    this.cluster = cluster;
  }

  void start() {
    world.in(world.between(1_000, 15_000) * SimWorld.MILLI, this::next);
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

  private void next() {
    SimServer server = world.one(cluster.servers());
    if (ended) {
      return;
    }
    if (!server.process().alive()) {
      start();
      return;
    }
    world.trace(() -> "wipe " + asked + " through " + server.process());
    waiting = true;
    asked++;
    int number = asked;
    cluster.ledgers().forEach(SimLedger::askWipe);
    SimServer.Connection over = server.connect();
    server.wipe(over, reply -> heard(reply, number));
    world.in(OVER_NANOS, () -> over(number, over));
  }

  private void heard(SimServer.Reply reply, int number) {
    if (waiting && number == asked && reply == SimServer.Reply.OK) {
      waiting = false;
      world.trace(() -> "wiped all, wipe " + number);
      cluster.ledgers().forEach(ledger -> ledger.wipeAcknowledged(world.now()));
      cluster.judge().wiped();
      start();
    }
  }

  private void over(int number, SimServer.Connection over) {
    if (waiting && number == asked) {
      waiting = false;
      over.abandon();
      world.trace(() -> "gives up wipe " + number);
      cluster.ledgers().forEach(SimLedger::wipeUnknown);
      start();
    }
  }
}
