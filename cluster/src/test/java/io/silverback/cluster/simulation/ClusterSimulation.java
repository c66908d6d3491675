package io.silverback.cluster.simulation;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.OnMinority;
import io.silverback.cluster.simulation.SimFaults.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One life of a cluster, as its seed wants it: it forms, is pushed to and scraped while things
 * break, heals, and must be whole again.
 */
final class ClusterSimulation {
  private static final long FAULTS = 60 * SimWorld.SECOND;

  /** Among pushes, all copies of all groups are equal only now and then. */
  private static final long FORMS_WITHIN = 200 * SimWorld.SECOND;

  private static final long SETTLES_WITHIN = 60 * SimWorld.SECOND;

  /** What is left over goes only once the view has been the same for a while. */
  private static final long TIDIES_WITHIN = 120 * SimWorld.SECOND;

  private static final long HEALS_WITHIN = 200 * SimWorld.SECOND;

  /** Held here, or its level would be forgotten. */
  private static final Logger LOGGERS = Logger.getLogger("io.silverback.cluster");

  static {
    // What breaks is meant to.
    LOGGERS.setLevel(Level.OFF);
  }

  private final Plan plan;
  private final SimWorld world;
  private final SimCluster cluster;
  private final SimFaults faults;
  private final List<SimClient> clients = new ArrayList<>();
  private final SimWiper wiper;

  /**
   * What is simulated.
   *
   * @param hosts how many nodes found the cluster, 0 to let the seed choose
   * @param breaks what can happen; if not everything can, only one thing happens at a time
   */
  record Plan(long seed, int hosts, Set<Fault> breaks, SimNode.Factory factory) {
    /** All that may happen. */
    Plan(long seed, SimNode.Factory factory) {
      this(seed, 0, Set.of(Fault.values()), factory);
    }

    /** One in five clusters is wiped now and then; the others go on for long. */
    boolean wipes() {
      return seed % 5 == 1;
    }

    /** In the lives of some seeds only, so that those of the others stay what they are. */
    boolean hangsLogs() {
      return seed % 10 == 9;
    }

    Plan {
      breaks = breaks.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(breaks);
    }
  }

  /**
   * How it went.
   *
   * @param violation what must never happen and did
   * @param longestGaps for how many nanoseconds a slot was not shown, by what broke
   * @param state of all nodes at the end
   */
  record Result(
      long seed,
      Optional<Throwable> violation,
      int faults,
      int refoundings,
      int scrapes,
      int acknowledgements,
      int wipes,
      long slowestPushNanos,
      Map<String, Long> longestGaps,
      String state,
      List<String> trace) {}

  private ClusterSimulation(Plan plan, boolean tracing) {
    this.plan = plan;
    this.world = new SimWorld(plan.seed(), tracing);
    int hosts = plan.hosts() > 0 ? plan.hosts() : world.one(List.of(1, 2, 3, 3, 3, 3, 4, 5));
    // Two losses at a time may cost pushes, but never show a slot twice.
    boolean isAll = plan.breaks().size() == Fault.values().length;
    boolean gentle = world.chance(0.7) || !isAll;
    Set<Fault> breaks = isAll ? Fault.usual(hosts, plan.hangsLogs()) : plan.breaks();
    boolean promises = gentle && Collections.disjoint(breaks, Fault.OF_OPERATORS);
    ClusterConfig usual = ClusterConfig.standard(hosts);
    var config =
        new ClusterConfig(
            hosts,
            world.one(List.of(2, 2, 3)),
            usual.lease(),
            usual.renewal(),
            usual.replicaTimeout(),
            usual.pushBudget(),
            Duration.ofSeconds(world.between(1, 30)),
            Duration.ofMillis(world.between(1_000, 6_000)),
            Optional.of(OnMinority.WITHHOLD),
            usual.maxClockSkew(),
            usual.refusedMeansDead());
    this.cluster = new SimCluster(world, config, plan.factory(), promises);
    this.wiper = new SimWiper(world, cluster);
    this.faults = new SimFaults(world, cluster, breaks, gentle);
    if (!gentle) {
      cluster.fabric().lose(world.between(0, 30) / 1_000.0);
    }
    found(hosts);
  }

  /** Runs it; if something must not happen and does, once more, to tell how it came. */
  static Result run(Plan plan) {
    Result result = new ClusterSimulation(plan, false).live();
    return result.violation().isEmpty() ? result : new ClusterSimulation(plan, true).live();
  }

  /** Runs it once, which is all that is needed to know whether it went well. */
  static Result runQuietly(Plan plan) {
    return new ClusterSimulation(plan, false).live();
  }

  private void found(int hosts) {
    for (int i = 0; i < hosts; i++) {
      SimHost host = cluster.addHost();
      world.in(world.between(0, 2 * SimWorld.SECOND), () -> cluster.start(host));
    }
    int groups = (int) world.between(2, 8);
    for (int i = 0; i < groups; i++) {
      add("job" + world.between(0, 99) + "/inst/" + i, false);
    }
    for (int i = 0; i < world.between(0, 2); i++) {
      add("jx" + i + "//", true);
      add("jx" + i + "/tag/a", true);
    }
  }

  private void add(String key, boolean collides) {
    var ledger = new SimLedger(key);
    cluster.ledgers().add(ledger);
    clients.add(new SimClient(world, cluster, ledger, collides));
  }

  private Result live() {
    @Nullable Throwable violation = null;
    try {
      world.run(2 * SimWorld.SECOND);
      clients.forEach(SimClient::start);
      if (plan.wipes()) {
        wiper.start();
      }
      becomeWhole("never formed", FORMS_WITHIN);
      if (!plan.breaks().isEmpty()) {
        faults.start();
      }
      world.run(plan.breaks().isEmpty() ? FAULTS / 4 : FAULTS);
      cluster.judge().gapsOf("heal");
      faults.end();
      clients.forEach(SimClient::end);
      wiper.end();
      becomeWhole("never healed", HEALS_WITHIN);
      settle();
    } catch (RuntimeException | AssertionError e) {
      violation = e;
    }
    SimJudge judge = cluster.judge();
    return new Result(
        plan.seed(),
        Optional.ofNullable(violation),
        faults.struck(),
        cluster.logs().refoundings(),
        judge.scrapes(),
        judge.acknowledgements(),
        judge.wipes(),
        clients.stream().mapToLong(SimClient::longestNanos).max().orElse(0),
        judge.longestGaps(),
        violation == null ? "" : cluster.toString(),
        world.traced());
  }

  /** History follows what counts, and what does not count any more goes. */
  private void settle() {
    await(SETTLES_WITHIN, () -> cluster.judge().historyMissing(isNobodyAway()));
    await(TIDIES_WITHIN, cluster.judge()::leftOver);
  }

  private void await(long within, Supplier<String> unsettled) {
    long end = world.now() + within;
    String reason = unsettled.get();
    while (!reason.isEmpty()) {
      if (world.now() > end) {
        throw new SimViolation("never settled: " + reason);
      }
      world.run(300 * SimWorld.MILLI);
      reason = unsettled.get();
    }
  }

  /** True if each member could be asked at any time. */
  private boolean isNobodyAway() {
    return EnumSet.of(Fault.JOIN, Fault.DRAIN).containsAll(plan.breaks());
  }

  private void becomeWhole(String otherwise, long within) {
    long end = world.now() + within;
    while (true) {
      world.run(300 * SimWorld.MILLI);
      String broken = cluster.judge().brokenYet();
      boolean waits =
          clients.stream().anyMatch(client -> client.ended() && !client.idle())
              || (wiper.ended() && !wiper.idle());
      if (broken.isEmpty() && !waits) {
        return;
      }
      if (world.now() > end) {
        throw new SimViolation(
            otherwise + ": " + (broken.isEmpty() ? "a push has no answer" : broken));
      }
    }
  }
}
