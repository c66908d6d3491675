package io.silverback.cluster.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterStatus;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import io.silverback.cluster.simulation.SimTraffic.Count;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A cluster of many nodes in which little happens: it forms, idles, is pushed to, gets one more
 * node, and loses one and then a tenth of them. Tells what that takes.
 *
 * <p>Nothing breaks beside that, and no judge looks on, so that hundreds of nodes take minutes.
 * Messages, their sizes and virtual time are those of the real code. The log of views and gossip
 * are models, so their traffic is not counted, and their times are made up.
 */
final class ScaleSimulation {
  private static final long LOOK = 50 * SimWorld.MILLI;
  private static final long PATIENCE = 300 * SimWorld.SECOND;
  private static final long SCRAPE = SimWorld.SECOND;
  private static final int GROUPS = 1_000;

  /** Held here, or its level would be forgotten. */
  private static final Logger LOGGERS = Logger.getLogger("io.silverback.cluster");

  static {
    LOGGERS.setLevel(Level.OFF);
  }

  private final SimWorld world;
  private final SimFabric fabric;
  private final SimLogs logs;
  private final ClusterConfig config;
  private final List<SimServer> servers = new ArrayList<>();
  private SimTraffic traffic = new SimTraffic();
  private long acknowledged;
  private long refused;
  private int pushed;
  private boolean loading;

  /**
   * What happened in some time.
   *
   * @param agreedMillis until all nodes knew of a view with all of them and nobody else
   * @param ledMillis until all slots were served, too, and by those that should lead them
   * @param views that came
   * @param leadsMoved slots that have another leader
   * @param leastLeads how many have to have one
   * @param copiesMoved copies that another node should hold
   * @param leastCopies how many have to
   */
  record Change(
      long agreedMillis,
      long ledMillis,
      int views,
      int leadsMoved,
      int leastLeads,
      int copiesMoved,
      int leastCopies,
      SimTraffic traffic,
      long longestTaskNanos) {}

  /**
   * What goes on all the time.
   *
   * @param loopShare which part of the time a loop was busy, in real time, on average
   */
  record Rest(
      double seconds, int nodes, int voters, SimTraffic traffic, Count ofVoters, double loopShare) {
    double perNode(long count) {
      return (double) count / seconds / nodes;
    }
  }

  /** How evenly slots are spread: the most that a node has, by what nodes have on average. */
  record Balance(double led, double owned) {}

  ScaleSimulation(long seed, int nodes) {
    this.world = new SimWorld(seed, false);
    this.fabric = new SimFabric(world);
    this.logs = new SimLogs(world, fabric);
    this.config = ClusterConfig.standard(nodes);
    fabric.tap((from, to, channel, message) -> traffic.sent(from, to, channel, message));
  }

  /** All nodes start within a second, and found a cluster. */
  Change found() {
    for (int i = 0; i < config.bootstrapExpect(); i++) {
      SimHost host = addHost();
      world.in(world.between(0, SimWorld.SECOND), () -> start(host));
    }
    world.run(SimWorld.SECOND);
    return measure(() -> {}, _ -> 0, _ -> 0);
  }

  Change join() {
    int nodes = servers.size() + 1;
    return measure(
        () -> start(addHost()),
        _ -> HashRing.SLOTS / nodes,
        _ -> config.replicationFactor() * HashRing.SLOTS / nodes);
  }

  /** Some that are chosen by chance are killed at one moment. */
  Change lose(int count) {
    var victims = new ArrayList<SimServer>();
    while (victims.size() < count) {
      SimServer victim = world.one(servers);
      if (!victims.contains(victim)) {
        victims.add(victim);
      }
    }
    return measure(
        () -> {
          victims.forEach(SimServer::kill);
          servers.removeAll(victims);
        },
        before -> victims.stream().mapToInt(victim -> before.slots().countOf(of(victim))).sum(),
        before -> {
          Map<String, BitSet> shares = before.ring().shares(config.replicationFactor());
          return victims.stream()
              .mapToInt(victim -> shares.get(of(victim).nodeId()).cardinality())
              .sum();
        });
  }

  Rest idle(long nanos) {
    return rest(nanos);
  }

  /** That many pushes a second, each to one of a thousand groups, through any node. */
  Rest load(long nanos, int perSecond) {
    loading = true;
    push(SimWorld.SECOND / perSecond);
    Rest rest = rest(nanos);
    loading = false;
    world.run(SimWorld.SECOND);
    return rest;
  }

  private Rest rest(long nanos) {
    traffic = new SimTraffic();
    long loops = loopNanos();
    world.run(nanos);
    SimTraffic seen = traffic;
    View view = newest();
    Count ofVoters =
        servers.stream()
            .filter(server -> view.hasVoter(of(server)))
            .map(server -> seen.sentBy(server.host()))
            .reduce(Count.NONE, Count::plus);
    return new Rest(
        (double) nanos / SimWorld.SECOND,
        servers.size(),
        view.voters().size(),
        seen,
        ofVoters,
        (double) (loopNanos() - loops) / nanos / servers.size());
  }

  private long loopNanos() {
    return servers.stream().mapToLong(server -> server.process().loopNanos()).sum();
  }

  private Change measure(
      Runnable change, ToIntFunction<View> leastLeads, ToIntFunction<View> leastCopies) {
    Optional<View> before = logs.newest().newest();
    traffic = new SimTraffic();
    servers.forEach(server -> server.process().longestTaskNanos());
    long began = world.now();
    change.run();
    long agreed = await("all agree", this::isAgreed) - began;
    long led = await("all slots are led where they should be", this::isSettled) - began;
    View after = newest();
    return new Change(
        agreed / SimWorld.MILLI,
        led / SimWorld.MILLI,
        (int) (after.epoch() - before.map(View::epoch).orElse(0L)),
        before.map(view -> leadsMoved(view, after)).orElse(0),
        before.map(leastLeads::applyAsInt).orElse(0),
        before.map(view -> copiesMoved(view, after)).orElse(0),
        before.map(leastCopies::applyAsInt).orElse(0),
        traffic,
        servers.stream().mapToLong(server -> server.process().longestTaskNanos()).max().orElse(0));
  }

  private long await(String what, BooleanSupplier holds) {
    long end = world.now() + PATIENCE;
    while (!holds.getAsBoolean()) {
      if (world.now() > end) {
        throw new SimViolation("not within " + PATIENCE / SimWorld.SECOND + " s: " + what);
      }
      world.run(LOOK);
    }
    return world.now();
  }

  private boolean isAgreed() {
    View view = logs.newest().newest().orElse(null);
    return view != null
        && view.seats().size() == servers.size()
        && servers.stream().allMatch(server -> view.has(of(server)))
        && servers.stream().allMatch(server -> epochOf(server) == view.epoch());
  }

  private boolean isSettled() {
    return isAgreed()
        && servers.stream().mapToInt(server -> status(server).ledSlots()).sum() == HashRing.SLOTS
        && servers.stream().allMatch(server -> status(server).handingOver() == 0)
        && newest().seats().stream().allMatch(View.Seat::mayLead);
  }

  private static long epochOf(SimServer server) {
    return status(server).view().map(View::epoch).orElse(0L);
  }

  private static ClusterStatus status(SimServer server) {
    return server.node().status().orElseThrow();
  }

  private static Member of(SimServer server) {
    return server.process().member();
  }

  View newest() {
    return logs.newest().newest().orElseThrow();
  }

  Balance balance() {
    View view = newest();
    Map<String, BitSet> shares = view.ring().shares(config.replicationFactor());
    double mean = (double) HashRing.SLOTS / view.seats().size();
    int led = view.members().stream().mapToInt(view.slots()::countOf).max().orElse(0);
    int owned = shares.values().stream().mapToInt(BitSet::cardinality).max().orElse(0);
    return new Balance(led / mean, owned / mean / config.replicationFactor());
  }

  private static int leadsMoved(View before, View after) {
    int moved = 0;
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      SlotTable.Tenure old = before.slots().tenure(slot);
      SlotTable.Tenure now = after.slots().tenure(slot);
      moved += old.nodeId().equals(now.nodeId()) ? 0 : 1;
    }
    return moved;
  }

  private int copiesMoved(View before, View after) {
    Map<String, BitSet> old = before.ring().shares(config.replicationFactor());
    int moved = 0;
    for (Map.Entry<String, BitSet> share :
        after.ring().shares(config.replicationFactor()).entrySet()) {
      var fresh = (BitSet) share.getValue().clone();
      fresh.andNot(old.getOrDefault(share.getKey(), new BitSet()));
      moved += fresh.cardinality();
    }
    return moved;
  }

  private SimHost addHost() {
    var host = new SimHost(world, "node-%03d".formatted(fabric.hosts().size() + 1), "");
    fabric.add(host);
    return host;
  }

  private void start(SimHost host) {
    var process = new SimProcess(world, host, host.member(), _ -> {});
    host.run(process);
    var server = new SimServer(world, fabric, logs, process, config, SimNode.real());
    servers.add(server);
    server.node().start();
    scrapeSoon(server);
  }

  /** One that is new leads once it is scraped. */
  private void scrapeSoon(SimServer server) {
    world.in(
        SCRAPE,
        () -> {
          if (server.process().alive()) {
            server.node().scraped();
            scrapeSoon(server);
          }
        });
  }

  private void push(long everyNanos) {
    if (!loading) {
      return;
    }
    pushed++;
    String key = "job/inst/" + pushed % GROUPS;
    var families = new TreeMap<>(Map.of("f", ""));
    var update = new SimGroup.Update(key, SimGroup.Kind.PUT, pushed, families, 0);
    world
        .one(servers)
        .node()
        .submit(
            key.getBytes(UTF_8),
            ReplicaStore.Update.of(update.encode()),
            outcome -> {
              boolean taken = outcome instanceof PushOutcome.Answered;
              acknowledged += taken ? 1 : 0;
              refused += taken ? 0 : 1;
            });
    world.in(everyNanos, () -> push(everyNanos));
  }

  /** What became of the pushes, by name. */
  SequencedMap<String, Long> pushes() {
    var told = new LinkedHashMap<String, Long>();
    told.put("acknowledged", acknowledged);
    told.put("refused", refused);
    return told;
  }
}
