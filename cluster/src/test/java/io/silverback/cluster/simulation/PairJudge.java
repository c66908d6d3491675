package io.silverback.cluster.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.cluster.Exposure;
import io.silverback.cluster.FreshExposure;
import io.silverback.cluster.HashRing;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Looks at a pair of which each node may take pushes by itself, and throws {@link SimViolation}
 * when it sees what must not be.
 *
 * <p>Order is that of the versions: what was acknowledged or shown before a scrape with a lease
 * began is in what it sees, or was replaced by something newer.
 */
final class PairJudge {
  private static final long TICK = 20 * SimWorld.MILLI;

  /** A push that is at work may end that much later than its client waits, as any. */
  private static final long LATE_MILLIS = 2_500;

  private final SimWorld world;
  private final boolean isPair;
  private final boolean floorOfGroups;
  private final Map<String, SimGroup> known = new LinkedHashMap<>();
  private final Map<SimProcess, Long> leasedAt = new HashMap<>();
  private final SimCluster cluster;
  private List<PairClient> clients = List.of();
  private int freshScrapes;
  private int leasedScrapes;
  private int freshAcknowledgements;

  /**
   * A judge.
   *
   * @param isPair false for more nodes, of which a majority may go on beside one that is fresh
   * @param floorOfGroups true for nodes that show all families of a group, if one of them is fresh
   */
  PairJudge(SimWorld world, SimCluster cluster, boolean isPair, boolean floorOfGroups) {
    this.world = world;
    this.cluster = cluster;
    this.isPair = isPair;
    this.floorOfGroups = floorOfGroups;
  }

  void watch(List<PairClient> pushing) {
    clients = pushing;
    world.in(TICK, this::tick);
  }

  int freshScrapes() {
    return freshScrapes;
  }

  int leasedScrapes() {
    return leasedScrapes;
  }

  int freshAcknowledgements() {
    return freshAcknowledgements;
  }

  private static int slotOf(String key) {
    return HashRing.slotOf(key.getBytes(UTF_8));
  }

  private static boolean isFresh(SimServer server) {
    return server.awake()
        && server.node().fresh().filter(fresh -> fresh.holds().getAsBoolean()).isPresent();
  }

  private static boolean shows(SimServer server, String key) {
    Exposure exposure = server.node().exposure();
    return server.awake() && exposure.slots().test(slotOf(key)) && exposure.holds().getAsBoolean();
  }

  /** A client was told so: from now on it is known, with the version that it has. */
  void acknowledged(SimServer by, SimGroup.Update update) {
    freshAcknowledgements += isFresh(by) ? 1 : 0;
    for (SimHost host : cluster.hosts()) {
      host.store().group(update.key()).map(group -> of(group, update)).ifPresent(this::know);
    }
  }

  /** What of a group came by that update. */
  private static SimGroup of(SimGroup group, SimGroup.Update update) {
    var families = new TreeMap<>(group.families());
    families.values().removeIf(family -> family.value() != update.value());
    boolean deletes = update.kind() == SimGroup.Kind.DELETE && group.families().isEmpty();
    return new SimGroup(
        group.key(),
        deletes ? group.deletedAt() : Version.NEVER,
        Version.NEVER,
        Version.NEVER,
        families,
        0);
  }

  private void know(SimGroup more) {
    known.merge(more.key(), more, SimGroup::merge);
  }

  private void tick() {
    for (SimServer server : cluster.servers()) {
      if (server.awake() && server.node().exposure().holds().getAsBoolean()) {
        leasedAt.put(server.process(), world.now());
      }
      for (PairClient client : clients) {
        requireNotTwice(server, client.key());
        server.host().store().group(client.key()).ifPresent(group -> requireInTime(client, group));
      }
    }
    world.in(TICK, this::tick);
  }

  private void requireNotTwice(SimServer server, String key) {
    for (SimServer other : cluster.servers()) {
      if (other != server
          && shows(server, key)
          && (shows(other, key) || (isPair && isFresh(other)))) {
        throw new SimViolation(
            "one node leads a slot and another one shows it, too: "
                + server.process()
                + " and "
                + other.process());
      }
    }
  }

  /** Nothing is done long after its client went elsewhere with it. */
  private void requireInTime(PairClient client, SimGroup group) {
    for (SimServer server : cluster.servers()) {
      for (SimGroup.Family family : group.families().values()) {
        if (family.version().incarnation() != server.process().member().incarnation()) {
          continue;
        }
        long gaveUp = client.abandoned(family.value(), server.process());
        long latest = server.host().wallMillis(gaveUp) + LATE_MILLIS;
        boolean again = client.sentSince(family.value(), server.process(), gaveUp + 1);
        if (family.version().clock() >>> 16 > latest && !again) {
          throw new SimViolation("done long after its client gave it up: " + group);
        }
      }
    }
  }

  /** Of each server all the time. */
  void scrapes(SimHost host) {
    world.in(
        world.between(50, 400) * SimWorld.MILLI,
        () -> {
          cluster
              .server(host)
              .filter(server -> server.process().alive())
              .ifPresent(server -> server.process().arrive(() -> scrape(server)));
          scrapes(host);
        });
  }

  private void scrape(SimServer server) {
    Optional<FreshExposure> fresh = server.node().fresh();
    if (fresh.isPresent()) {
      List<SimGroup> seen = seen(server, fresh.get().versions());
      later(
          server,
          () -> {
            if (fresh.get().holds().getAsBoolean()) {
              judgeFresh(server, seen);
            }
          });
      return;
    }
    Exposure exposure = server.node().exposure();
    var before = new HashMap<>(known);
    List<SimGroup> seen = new ArrayList<>();
    for (PairClient client : clients) {
      if (exposure.slots().test(slotOf(client.key()))) {
        seen.add(server.host().store().group(client.key()).orElse(SimGroup.empty(client.key())));
      }
    }
    later(
        server,
        () -> {
          if (exposure.holds().getAsBoolean()) {
            seen.forEach(group -> judgeLeased(server, group, before));
          }
        });
  }

  private void later(SimServer server, Runnable end) {
    long takes = world.chance(0.1) ? world.between(0, 3 * SimWorld.SECOND) : 0;
    world.in(takes, () -> server.process().arrive(end));
  }

  private List<SimGroup> seen(SimServer server, Predicate<Version> shown) {
    var seen = new ArrayList<SimGroup>();
    for (PairClient client : clients) {
      Optional<SimGroup> group = server.host().store().group(client.key());
      if (group.isEmpty()) {
        continue;
      }
      var families = new TreeMap<>(group.get().families());
      boolean isShown = floorOfGroups && shown.test(group.get().push());
      families.values().removeIf(family -> !isShown && !shown.test(family.version()));
      seen.add(
          new SimGroup(client.key(), Version.NEVER, Version.NEVER, Version.NEVER, families, 0));
    }
    return seen;
  }

  private void judgeFresh(SimServer server, List<SimGroup> seen) {
    freshScrapes++;
    long since = leasedAt.getOrDefault(server.process(), Long.MIN_VALUE);
    for (SimGroup group : seen) {
      PairClient client = clientOf(group.key());
      for (SimGroup.Family family : group.families().values()) {
        boolean isOwn = family.version().incarnation() == server.process().member().incarnation();
        if (!isOwn || !client.sentSince(family.value(), server.process(), since)) {
          throw new SimViolation(
              "an old value is shown as a fresh one: by=" + server.process() + " " + group);
        }
      }
      know(group);
    }
  }

  private PairClient clientOf(String key) {
    return clients.stream().filter(client -> client.key().equals(key)).findFirst().orElseThrow();
  }

  private void judgeLeased(SimServer server, SimGroup seen, Map<String, SimGroup> before) {
    leasedScrapes++;
    SimGroup wanted = before.getOrDefault(seen.key(), SimGroup.empty(seen.key()));
    if (isPair && !holds(seen, wanted)) {
      throw new SimViolation(
          "a value went back: by="
              + server.process()
              + " seen="
              + seen
              + " known before="
              + wanted);
    }
    know(seen);
  }

  /** True if the group has all of the other one, or something newer. */
  private static boolean holds(SimGroup group, SimGroup other) {
    SimGroup both = group.merge(other);
    return both.families().equals(group.families());
  }

  /** What keeps the pair from being whole again; empty if nothing does. */
  String brokenYet() {
    for (SimServer server : cluster.servers()) {
      if (!server.node().ready() || isFresh(server)) {
        return "not ready, or still alone: " + server.process();
      }
    }
    for (PairClient client : clients) {
      String key = client.key();
      if (cluster.servers().stream().filter(server -> shows(server, key)).count() != 1) {
        return "not shown by one: " + key;
      }
      SimGroup wanted = known.getOrDefault(key, SimGroup.empty(key));
      for (SimServer server : cluster.servers()) {
        SimGroup held = server.host().store().group(key).orElse(SimGroup.empty(key));
        if ((isPair || shows(server, key)) && !holds(held, wanted)) {
          return "acknowledged, and not here: " + server.process() + " " + held + " " + wanted;
        }
      }
      long states =
          cluster.hosts().stream().map(host -> host.store().group(key)).distinct().count();
      if (isPair && states > 1) {
        return "owners differ: " + key;
      }
    }
    return "";
  }
}
