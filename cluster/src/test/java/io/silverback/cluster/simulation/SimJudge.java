package io.silverback.cluster.simulation;

import io.silverback.cluster.Exposure;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.View;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * Looks at everything after every step, and throws {@link SimViolation} when it sees what must not
 * be.
 *
 * <p>Longer than other classes, as it holds all that must never happen.
 */
final class SimJudge {
  private static final long TICK = 50 * SimWorld.MILLI;

  /** It takes less to notice that a log hangs. */
  private static final long UNNOTICED_NANOS = 8 * SimWorld.SECOND;

  /** It takes less to bring a copy to a store that takes it again. */
  private static final long REPAIR_NANOS = 3 * SimWorld.SECOND;

  /** It takes less to hand a slot over, even if a proposal is lost. */
  private static final long DARK_NANOS = 5 * SimWorld.SECOND;

  private final SimWorld world;
  private final SimCluster cluster;
  private final boolean promises;
  private final Map<SimProcess, Long> exposed = new HashMap<>();
  private final Map<SimLedger, Long> lastExposed = new LinkedHashMap<>();
  private final Map<String, Long> longestGaps = new LinkedHashMap<>();
  private String gapsOf = "start";
  private long shownFrom;
  private long shownUntil;
  private long diskLostAt = -100 * SimWorld.SECOND;
  private int notedViews;
  private final Map<SimLedger, Long> handedOverAt = new HashMap<>();
  private final Map<Integer, Long> smallAt = new HashMap<>();
  private boolean forgivesDoubles;
  private long countedTooManySince = -1;
  private int scrapes;
  private int acknowledged;
  private int wipes;

  /**
   * A judge.
   *
   * @param promises false if more is broken at a time than the cluster promises to stand, so that
   *     pushes may be lost
   */
  SimJudge(SimWorld world, SimCluster cluster, boolean promises) {
    this.world = world;
    this.cluster = cluster;
    this.promises = promises;
    world.in(TICK, this::tick);
  }

  /** After each task of a process: nobody else shows what it shows. */
  void stepped(SimProcess process) {
    SimServer server = cluster.server(process.host()).orElse(null);
    if (server == null || server.process() != process || !server.awake()) {
      return;
    }
    long shows = shownBy(server);
    Long before = exposed.put(process, shows);
    if (shows == 0 || forgivesDoubles || (before != null && before == shows)) {
      return;
    }
    for (SimServer other : cluster.servers()) {
      if (other != server && other.awake() && (shownBy(other) & shows) != 0) {
        SimLedger ledger =
            cluster.ledgers().get(Long.numberOfTrailingZeros(shownBy(other) & shows));
        throw new SimViolation(
            "two nodes show the slot: " + process + " and " + other.process() + " " + ledger);
      }
    }
  }

  /** Which of the groups it could show now, as bits. */
  private long shownBy(SimServer server) {
    Exposure exposure = server.node().exposure();
    long bits = 0;
    List<SimLedger> ledgers = cluster.ledgers();
    for (int i = 0; i < ledgers.size(); i++) {
      bits |= exposure.slots().test(ledgers.get(i).slot()) ? 1L << i : 0;
    }
    return bits != 0 && exposure.holds().getAsBoolean() ? bits : 0;
  }

  boolean shows(SimServer server, SimLedger ledger) {
    return server.awake() && (shownBy(server) >>> cluster.ledgers().indexOf(ledger) & 1) != 0;
  }

  /** A scrape of that server, that takes a while. */
  void scrape(SimServer server) {
    Exposure exposure = server.node().exposure();
    var floors = new LinkedHashMap<SimLedger, Integer>();
    var seen = new LinkedHashMap<SimLedger, SortedMap<String, Long>>();
    for (SimLedger ledger : cluster.ledgers()) {
      if (exposure.slots().test(ledger.slot())) {
        floors.put(ledger, ledger.floor());
      }
    }
    if (world.chance(0.3)) {
      server.node().scraped();
    }
    long began = world.now();
    if (floors.isEmpty()) {
      return;
    }
    for (SimLedger ledger : floors.keySet()) {
      seen.put(ledger, ledger.valuesIn(server.host().store()));
    }
    if (!exposure.isWhole().getAsBoolean()) {
      throw new SimViolation("something was handed over in no time: " + server.process());
    }
    long takes = world.chance(0.3) ? world.between(0, 100 * SimWorld.MILLI) : 0;
    if (world.chance(0.05)) {
      takes = world.between(0, 6 * SimWorld.SECOND);
    }
    world.in(
        takes,
        () ->
            server
                .process()
                .arrive(
                    () -> {
                      if (exposure.holds().getAsBoolean()) {
                        judge(server, floors, seen, began);
                      }
                    }));
  }

  private void judge(
      SimServer server,
      Map<SimLedger, Integer> floors,
      Map<SimLedger, SortedMap<String, Long>> seen,
      long began) {
    scrapes++;
    seen.forEach(
        (ledger, values) -> {
          for (SimServer other : cluster.servers()) {
            if (other != server
                && !forgivesDoubles
                && shows(other, ledger)
                && !wasHandedOver(ledger, began)) {
              throw new SimViolation(
                  "a scrape holds and another node shows the slot: "
                      + server.process()
                      + " and "
                      + other.process()
                      + " "
                      + ledger);
            }
          }
          int request = ledger.matches(values, floors.getOrDefault(ledger, 0));
          if (request >= 0) {
            ledger.acknowledged(request);
          } else if (promises
              && !ledger.matchedSince(values, floors.getOrDefault(ledger, 0), began)) {
            throw new SimViolation(
                "an old or torn state was shown: by="
                    + server.process()
                    + " "
                    + ledger
                    + " floor at the start="
                    + floors.get(ledger)
                    + " started="
                    + began / (double) SimWorld.SECOND
                    + " seen="
                    + values);
          }
        });
  }

  /** What was read before may come late then, as it counts as of the beginning of the scrape. */
  private boolean wasHandedOver(SimLedger ledger, long since) {
    noteHandOvers();
    return handedOverAt.getOrDefault(ledger, Long.MIN_VALUE) >= since - TICK;
  }

  /** Of each view that was committed since the last look. */
  private void noteHandOvers() {
    List<View> views = cluster.register().views();
    // Fewer than before where the log was lost.
    notedViews = Math.min(notedViews, views.size());
    for (View view : views.subList(notedViews, views.size())) {
      for (SimLedger ledger : cluster.ledgers()) {
        SlotTable.Tenure tenure = view.slots().tenure(ledger.slot());
        if (tenure.handedOver() && tenure.epoch() == view.epoch()) {
          handedOverAt.put(ledger, world.now());
        }
      }
    }
    notedViews = views.size();
  }

  /** An operator gave up nodes that live, so that two clusters show the same until they meet. */
  void forgiveDoubles() {
    forgivesDoubles = true;
  }

  /** A client was told that its push is safe. */
  void acknowledged(SimLedger ledger) {
    acknowledged++;
    requireCopies("acknowledged", ledger);
  }

  /** A client was told that all is gone which was there when it asked. */
  void wiped() {
    wipes++;
    cluster.ledgers().forEach(ledger -> requireCopies("wiped", ledger));
  }

  private void requireCopies(String what, SimLedger ledger) {
    int wanted = world.now() - diskLostAt < 15 * SimWorld.SECOND ? 1 : replicas();
    long holders = cluster.hosts().stream().filter(host -> ledger.isHeldBy(host.store())).count();
    if (promises && holders < wanted) {
      throw new SimViolation(what + ", but held by " + holders + ": " + ledger);
    }
  }

  int wipes() {
    return wipes;
  }

  /** How many copies there must be: no more than the smallest of the last views had members. */
  private int replicas() {
    int members = cluster.register().newest().map(view -> view.seats().size()).orElse(1);
    int wanted = Math.min(cluster.config().replicationFactor(), members);
    smallAt.put(members, world.now());
    for (Map.Entry<Integer, Long> small : smallAt.entrySet()) {
      if (world.now() - small.getValue() < 10 * SimWorld.SECOND) {
        wanted = Math.min(wanted, small.getKey());
      }
    }
    return wanted;
  }

  void diskLost() {
    diskLostAt = world.now();
  }

  /**
   * A cluster in which everyone is ready stands the loss of any one host: a majority of the voters
   * is left, of the view and of the log, and a copy of all that was acknowledged.
   */
  private void judgeReadiness() {
    View view = cluster.register().newest().orElse(null);
    if (view == null || !allReady(view)) {
      return;
    }
    List<Long> ofView = view.voters().stream().map(Member::storeId).toList();
    List<Long> ofLog = cluster.register().voters();
    for (SimServer lost : cluster.servers()) {
      // Of two voters none can be missed.
      if (ofView.size() > 2 && !(standsLossOf(lost, ofView) && standsLossOf(lost, ofLog))) {
        throw new SimViolation(
            "all are ready, and without one no majority is left: "
                + lost.process()
                + " voters="
                + ofView.size()
                + " voters of the log="
                + ofLog.size());
      }
      for (SimLedger ledger : cluster.ledgers()) {
        boolean isHeld =
            cluster.hosts().stream()
                .anyMatch(host -> host != lost.host() && holds(host.store(), ledger));
        if (promises && view.seats().size() > 1 && !isHeld) {
          throw new SimViolation(
              "all are ready, and only one holds what was acknowledged: "
                  + lost.process()
                  + " "
                  + ledger);
        }
      }
    }
  }

  /**
   * What was shown without an answer may have gone to a replica alone, as its leader could not
   * store it; and as long as that store takes nothing there is no other place for it.
   */
  private static boolean holds(SimStore store, SimLedger ledger) {
    return ledger.isHeldBy(store)
        || (store.refusedWithin(REPAIR_NANOS) && ledger.isAnsweredHeldBy(store));
  }

  /**
   * Where logs hang, as many voters are soon called late, so that nobody counts on more votes than
   * there are. It may be one that is not in touch with the hanging one.
   */
  private void judgeLogs() {
    View view = cluster.register().newest().orElse(null);
    if (view == null || view.voters().size() < 2) {
      countedTooManySince = -1;
      return;
    }
    List<SimServer> voters =
        cluster.servers().stream()
            .filter(server -> server.awake() && !server.leaving())
            .filter(server -> view.hasVoter(server.process().member()))
            .toList();
    long hanging = voters.stream().filter(server -> server.host().logHangs()).count();
    long late = hanging == 0 ? 0 : voters.stream().filter(this::isCalledLate).count();
    // Where nobody has heard of the first view yet, nobody counts on any vote.
    if (late >= hanging || cluster.servers().stream().noneMatch(SimJudge::hasView)) {
      countedTooManySince = -1;
    } else if (countedTooManySince < 0) {
      countedTooManySince = world.now();
    } else if (world.now() - countedTooManySince > UNNOTICED_NANOS) {
      throw new SimViolation(
          "nobody noticed that a log hangs: late=" + late + " hanging=" + hanging);
    }
  }

  private static boolean hasView(SimServer server) {
    return server.awake()
        && server.node().status().filter(status -> status.view().isPresent()).isPresent();
  }

  private boolean isCalledLate(SimServer server) {
    Member member = server.process().member();
    return cluster.servers().stream()
        .filter(SimServer::awake)
        .flatMap(other -> other.node().status().stream())
        .anyMatch(
            status -> status.logs().containsKey(member) && status.logs().get(member).isLate());
  }

  /** True if each host runs a member of the view, and each of these says that it is ready. */
  private boolean allReady(View view) {
    return cluster.servers().size() == cluster.hosts().size()
        && cluster.servers().stream()
            .allMatch(
                server ->
                    server.awake()
                        && !server.leaving()
                        && view.has(server.process().member())
                        && server.node().ready());
  }

  private boolean standsLossOf(SimServer lost, List<Long> voters) {
    long left =
        cluster.servers().stream()
            .filter(server -> server != lost && voters.contains(server.host().storeId()))
            .count();
    return 2 * left > voters.size();
  }

  /** From then until then no group may be dark. */
  void allShownBetween(long fromNanos, long untilNanos) {
    shownFrom = fromNanos;
    shownUntil = untilNanos;
  }

  private void tick() {
    for (SimServer server : cluster.servers()) {
      if (server.awake()) {
        server.node().tenures().ifPresent(server.host().store()::settled);
      }
    }
    replicas();
    noteHandOvers();
    judgeReadiness();
    judgeLogs();
    for (SimLedger ledger : cluster.ledgers()) {
      boolean shown = cluster.servers().stream().anyMatch(server -> shows(server, ledger));
      long last = lastExposed.computeIfAbsent(ledger, _ -> 0L);
      if (shown) {
        lastExposed.put(ledger, world.now());
      }
      boolean isDark = world.now() - last > DARK_NANOS;
      if (isDark && !shown && world.now() > shownFrom && world.now() < shownUntil) {
        throw new SimViolation("dark for long: " + ledger);
      }
      longestGaps.merge(gapsOf, world.now() - last, Math::max);
    }
    collisions();
    world.in(TICK, this::tick);
  }

  /** No two groups of a job show one series. */
  private void collisions() {
    if (!promises) {
      return;
    }
    var shown = new HashMap<String, Set<String>>();
    for (SimLedger ledger : cluster.ledgers()) {
      for (SimServer server : cluster.servers()) {
        if (!shows(server, ledger)) {
          continue;
        }
        String job = SimGroup.jobOf(ledger.key());
        List<String> series =
            server.host().store().group(ledger.key()).map(SimGroup::series).orElse(List.of());
        for (String each : series) {
          if (!shown.computeIfAbsent(job, _ -> new HashSet<>()).add(each)) {
            throw new SimViolation("two groups show one series: " + ledger + " series=" + each);
          }
        }
      }
    }
  }

  /** From now on, gaps count for that fault. */
  void gapsOf(String fault) {
    gapsOf = fault;
    cluster.ledgers().forEach(ledger -> lastExposed.put(ledger, world.now()));
  }

  Map<String, Long> longestGaps() {
    return longestGaps;
  }

  int scrapes() {
    return scrapes;
  }

  int acknowledgements() {
    return acknowledged;
  }

  /** What keeps the cluster from being whole; empty if nothing does. */
  String brokenYet() {
    View view = cluster.register().newest().orElse(null);
    if (view == null) {
      return "no view yet";
    }
    for (SimServer server : cluster.servers()) {
      boolean wanted = server.process().alive() && !server.leaving();
      if (wanted != view.has(server.process().member())) {
        return (wanted ? "not in the view: " : "still in the view: ") + server.process();
      }
      if (wanted && !server.node().ready()) {
        return "not ready: " + server.process();
      }
      if (wanted && isCalledLate(server)) {
        return "its log is called late: " + server.process();
      }
    }
    List<Long> voters = view.voters().stream().map(Member::storeId).sorted().toList();
    if (!voters.equals(cluster.register().voters().stream().sorted().toList())) {
      return "the log has other voters than the view";
    }
    for (SimLedger ledger : cluster.ledgers()) {
      if (cluster.servers().stream().filter(server -> shows(server, ledger)).count() != 1) {
        return "not shown by one: " + ledger;
      }
      String differs = differs(view, ledger);
      if (!differs.isEmpty()) {
        return differs;
      }
    }
    return "";
  }

  /**
   * What the history of some owner lacks; empty if it lacks nothing.
   *
   * @param all true if each owner has to have all that any host has of before it held the group
   */
  String historyMissing(boolean all) {
    for (SimServer server : cluster.servers()) {
      if (server.node().awaitingHistory() > 0) {
        return "a node waits for history: " + server.process();
      }
    }
    View view = cluster.register().newest().orElseThrow();
    for (SimLedger ledger : all ? cluster.ledgers() : List.<SimLedger>of()) {
      for (SimHost owner : ownersOf(view, ledger)) {
        SimGroup group = owner.store().group(ledger.key()).orElse(SimGroup.empty(ledger.key()));
        for (SimHost host : cluster.hosts()) {
          boolean lacks = owner.store().history().lacksSomethingOf(host.store().history(), group);
          if (group.exists() && lacks) {
            return "an owner lacks history: " + ledger + " owner=" + owner + " host=" + host;
          }
        }
      }
    }
    return "";
  }

  /** What a host has that it should not hold; empty if each has only what it should. */
  String leftOver() {
    View view = cluster.register().newest().orElseThrow();
    for (SimHost host : cluster.hosts()) {
      int[] sizes = host.store().sizes();
      for (int slot = 0; slot < sizes.length; slot++) {
        if (sizes[slot] > 0 && !shouldHold(view, host, slot)) {
          return "a node has what it should not hold: " + host + " slot=" + slot;
        }
      }
    }
    return "";
  }

  private boolean shouldHold(View view, SimHost host, int slot) {
    return view.slots().tenure(slot).nodeId().equals(host.name())
        || view.owners(slot).stream()
            .limit(cluster.config().replicationFactor())
            .anyMatch(owner -> owner.nodeId().equals(host.name()));
  }

  private List<SimHost> ownersOf(View view, SimLedger ledger) {
    return view.owners(ledger.slot()).stream()
        .limit(cluster.config().replicationFactor())
        .flatMap(
            owner -> cluster.hosts().stream().filter(host -> host.name().equals(owner.nodeId())))
        .toList();
  }

  private String differs(View view, SimLedger ledger) {
    var states = new HashSet<Object>();
    for (SimHost owner : ownersOf(view, ledger)) {
      states.add(owner.store().group(ledger.key()));
      if (promises && !ledger.isHeldBy(owner.store())) {
        return "an owner lacks what was acknowledged: " + ledger + " owner=" + owner;
      }
    }
    return states.size() > 1 ? "owners differ: " + ledger : "";
  }
}
