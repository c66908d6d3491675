package io.silverback.cluster.simulation;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.OnMinority;
import io.silverback.cluster.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One life of two nodes that both vote, so that each takes pushes by itself while they do not hear
 * each other: they are cut apart, paused and killed, and must be one again afterwards.
 */
final class PairSimulation {
  private static final long FAULTS = 60 * SimWorld.SECOND;
  private static final long WHOLE_WITHIN = 100 * SimWorld.SECOND;

  /** A lapse, a wait, and another one for the grants of a node that hears and is not heard. */
  private static final long FRESH_WITHIN = 9 * SimWorld.SECOND;

  /** Held here, or its level would be forgotten. */
  private static final Logger LOGGERS = Logger.getLogger("io.silverback.cluster");

  static {
    LOGGERS.setLevel(Level.OFF);
  }

  private final long seed;
  private final SimWorld world;
  private final SimCluster cluster;
  private final PairJudge judge;
  private final List<PairClient> clients = new ArrayList<>();
  private final boolean isPair;
  private final boolean cutsOnly;
  private int broken;

  /**
   * How it went.
   *
   * @param freshScrapes of a node that was alone
   * @param freshAcknowledgements by a node that was alone
   */
  record Result(
      long seed,
      Optional<Throwable> violation,
      int freshScrapes,
      int leasedScrapes,
      int freshAcknowledgements,
      List<String> trace) {}

  private PairSimulation(
      long seed, int hosts, EnumSet<Rule> off, boolean floorOfGroups, boolean tracing) {
    this.seed = seed;
    this.isPair = hosts == 2;
    this.world = new SimWorld(seed, tracing);
    ClusterConfig usual = ClusterConfig.standard(hosts);
    var config =
        new ClusterConfig(
            hosts,
            2,
            usual.lease(),
            usual.renewal(),
            usual.replicaTimeout(),
            usual.pushBudget(),
            Duration.ofSeconds(world.between(1, 5)),
            usual.tombstoneAge(),
            isPair ? usual.onMinority() : Optional.of(OnMinority.FRESH),
            usual.maxClockSkew(),
            usual.refusedMeansDead());
    this.cluster = new SimCluster(world, config, SimNode.without(off), false);
    this.judge = new PairJudge(world, cluster, isPair, floorOfGroups);
    this.cutsOnly = !isPair || world.chance(0.5);
    for (int i = 0; i < hosts; i++) {
      SimHost host = cluster.addHost();
      cluster.start(host);
      judge.scrapes(host);
    }
    for (int i = 0; i < 4; i++) {
      clients.add(new PairClient(world, cluster, judge, "job" + i + "/inst/" + i));
    }
  }

  /** Runs it; if something must not happen and does, once more, to tell how it came. */
  static Result run(long seed) {
    return run(seed, 2);
  }

  /** The same of more nodes that are told to be fresh: then two sides may show two values. */
  static Result run(long seed, int hosts) {
    EnumSet<Rule> off = EnumSet.noneOf(Rule.class);
    Result result = new PairSimulation(seed, hosts, off, false, false).live();
    return result.violation().isEmpty()
        ? result
        : new PairSimulation(seed, hosts, off, false, true).live();
  }

  /** The same without some rules. */
  static Result runWithout(long seed, EnumSet<Rule> off, boolean floorOfGroups) {
    return new PairSimulation(seed, 2, off, floorOfGroups, false).live();
  }

  private Result live() {
    @Nullable Throwable violation = null;
    try {
      judge.watch(clients);
      becomeWhole("never formed");
      clients.forEach(PairClient::start);
      long end = world.now() + FAULTS;
      while (world.now() < end) {
        world.run(world.between(500, 6_000) * SimWorld.MILLI);
        strike();
      }
      while (broken > 0) {
        world.run(SimWorld.SECOND);
      }
      clients.forEach(PairClient::end);
      becomeWhole("never healed");
    } catch (RuntimeException | AssertionError e) {
      violation = e;
    }
    return new Result(
        seed,
        Optional.ofNullable(violation),
        judge.freshScrapes(),
        judge.leasedScrapes(),
        judge.freshAcknowledgements(),
        world.traced());
  }

  private void becomeWhole(String otherwise) {
    long end = world.now() + WHOLE_WITHIN;
    while (true) {
      world.run(300 * SimWorld.MILLI);
      String yet = judge.brokenYet();
      if (yet.isEmpty() && clients.stream().noneMatch(PairClient::isEnding)) {
        return;
      }
      if (world.now() > end) {
        throw new SimViolation(otherwise + ": " + yet + '\n' + cluster);
      }
    }
  }

  private void strike() {
    if (cutsOnly) {
      if (broken == 0) {
        cut();
      }
      return;
    }
    switch ((int) world.between(0, 6)) {
      case 0, 1, 2 -> cut();
      case 3 -> pause(false);
      case 4 -> pause(true);
      case 5 -> crash();
      default -> worsen();
    }
  }

  private SimHost one() {
    return cluster.hosts().get(0);
  }

  private List<SimHost> others() {
    return cluster.hosts().subList(1, cluster.hosts().size());
  }

  private void cut() {
    int way = (int) world.between(0, 2);
    world.trace(() -> "FAULT cut " + way);
    for (SimHost other : others()) {
      if (way != 1) {
        cluster.fabric().cut(one(), other);
      }
      if (way != 2) {
        cluster.fabric().cut(other, one());
      }
    }
    long nanos = world.between(500, 20_000) * SimWorld.MILLI;
    whileBroken(
        nanos,
        () -> {
          if (isPair && cutsOnly && nanos > FRESH_WITHIN) {
            for (SimServer server : cluster.servers()) {
              if (server.node().fresh().isEmpty()) {
                throw new SimViolation("takes no pushes by itself: " + server);
              }
            }
          }
          mend();
        });
  }

  private void worsen() {
    double loss = world.between(10, 60) / 100.0;
    world.trace(() -> "FAULT loss " + loss);
    double back = world.chance(0.5) ? loss : 0;
    for (SimHost other : others()) {
      cluster.fabric().worsen(one(), other, loss, 0);
      cluster.fabric().worsen(other, one(), back, 0);
    }
    whileBroken(world.between(2_000, 15_000) * SimWorld.MILLI, this::mend);
  }

  private void mend() {
    for (SimHost other : others()) {
      cluster.fabric().mend(one(), other);
      cluster.fabric().mend(other, one());
    }
  }

  private void pause(boolean suspended) {
    SimServer victim = world.one(cluster.servers());
    long nanos = world.one(List.of(1_900L, 2_300L, 5_000L, 11_000L)) * SimWorld.MILLI;
    world.trace(() -> "FAULT pause " + victim.process() + " " + nanos / SimWorld.MILLI);
    if (world.chance(0.3)) {
      victim.process().stallAt((int) world.between(1, 60), nanos);
    } else {
      victim.process().pause(nanos, suspended);
    }
    whileBroken(nanos, () -> {});
  }

  private void crash() {
    SimServer victim = world.one(cluster.servers());
    world.trace(() -> "FAULT crash " + victim.process());
    victim.kill();
    whileBroken(
        world.between(200, 8_000) * SimWorld.MILLI,
        () -> {
          if (victim.host().process().isEmpty()) {
            cluster.start(victim.host());
          }
        });
  }

  private void whileBroken(long nanos, Runnable heal) {
    broken++;
    world.in(
        nanos,
        () -> {
          broken--;
          heal.run();
        });
  }
}
