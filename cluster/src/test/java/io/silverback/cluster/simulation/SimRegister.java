package io.silverback.cluster.simulation;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The views that the cluster agreed on: a register that is written by compare and set, and only by
 * who reaches a majority of those that keep it.
 */
final class SimRegister {
  private static final long TICK = 200 * SimWorld.MILLI;

  private final SimWorld world;
  private final SimFabric fabric;
  private final Map<Long, SimViewLog> running = new LinkedHashMap<>();
  private final List<View> views = new ArrayList<>();
  private final Map<Long, Set<Long>> founders = new LinkedHashMap<>();
  private List<Long> voters = new ArrayList<>();
  private long leader;
  private long formerLeader;
  private long formerUntil;
  private long leaderSince;
  private long leaderlessSince = -1;
  private boolean changing;
  private long end;
  private long votersAt;

  /** When the leader last had an answer of each voter. */
  private final Map<Long, Long> answeredAt = new LinkedHashMap<>();

  private int forgotten;

  SimRegister(SimWorld world, SimFabric fabric) {
    this.world = world;
    this.fabric = fabric;
    world.in(TICK, this::tick);
  }

  Optional<View> newest() {
    return views.isEmpty() ? Optional.empty() : Optional.of(views.getLast());
  }

  List<View> views() {
    return views;
  }

  List<Long> voters() {
    return List.copyOf(voters);
  }

  /** The voters, and the place in the log that names them. */
  ViewLog.Agreed agreed() {
    return new ViewLog.Agreed(votersAt, voters);
  }

  /** How far the log goes. */
  long end() {
    return end;
  }

  boolean changing() {
    return changing;
  }

  /** All files of the log are gone, and nobody runs who knows it. */
  void forget() {
    forgotten++;
    founders.clear();
    running.clear();
    views.clear();
    voters = new ArrayList<>();
    leader = 0;
    formerLeader = 0;
  }

  void runs(SimViewLog log) {
    running.put(log.storeId(), log);
  }

  /** Begins with a view whose only voter keeps that log. */
  void begin(SimViewLog log, View first) {
    runs(log);
    votersAre(new ArrayList<>(List.of(log.storeId())));
    commit(log, first);
  }

  /** The newest view that may be agreed on, as a log knows it that is one of two. */
  Optional<View> newestOfTwo(SimViewLog log) {
    return !changing && voters.size() == 2 && voters.contains(log.storeId())
        ? log.host().appended()
        : Optional.empty();
  }

  /** True if that log reaches, there and back, a majority of the voters that are up. */
  boolean reachesMajority(SimViewLog log) {
    return reachesMajority(log, voters);
  }

  private boolean reachesMajority(SimViewLog log, List<Long> of) {
    int reached = 0;
    for (long voter : of) {
      reached += reaches(log, voter) ? 1 : 0;
    }
    return 2 * reached > of.size();
  }

  /** True if the one that leads hears it, and is heard. */
  boolean reachesLeader(SimViewLog log) {
    return voters.contains(leader) && reaches(log, leader);
  }

  /** How the other voters answer the one that leads. */
  List<ViewLog.Follower> followersOf(SimViewLog log) {
    if (log.storeId() != leader) {
      return List.of();
    }
    return voters.stream()
        .filter(voter -> voter != leader)
        .map(
            voter -> {
              long at = Math.max(leaderSince, answeredAt.getOrDefault(voter, 0L));
              return new ViewLog.Follower(voter, (world.now() - at) / SimWorld.MILLI, 0);
            })
        .toList();
  }

  private boolean reaches(SimViewLog log, long voter) {
    SimViewLog other = awake(voter);
    return other != null && fabric.talks(log.host(), other.host());
  }

  private @Nullable SimViewLog awake(long storeId) {
    SimViewLog log = running.get(storeId);
    return log != null && log.awake() && log.keeps(this) ? log : null;
  }

  void found(SimViewLog log, View first) {
    runs(log);
    Set<Long> here = founders.computeIfAbsent(first.clusterId(), _ -> new LinkedHashSet<>());
    here.add(log.storeId());
    List<Long> expected = first.voters().stream().map(Member::storeId).toList();
    int then = forgotten;
    world.in(
        world.between(SimWorld.MILLI, 300 * SimWorld.MILLI),
        () -> {
          boolean majority = 2 * here.stream().filter(expected::contains).count() > expected.size();
          if (then != forgotten) {
            return;
          }
          if (majority && views.isEmpty()) {
            votersAre(new ArrayList<>(expected));
            commit(log, first);
          } else if (majority && views.getFirst().clusterId() != first.clusterId()) {
            throw new SimViolation("two first clusters were founded");
          }
        });
  }

  /** Whether the proposal is committed is decided later, maybe much later. */
  void propose(SimViewLog by, View next) {
    long delay =
        world.chance(0.05)
            ? world.between(200 * SimWorld.MILLI, 3 * SimWorld.SECOND)
            : world.between(2 * SimWorld.MILLI, 60 * SimWorld.MILLI);
    world.in(delay + by.stalledNanos(), () -> decide(by, next, true));
  }

  private void decide(SimViewLog by, View next, boolean again) {
    boolean has = !views.isEmpty() && voters.contains(by.storeId());
    if (!has || !reachesMajority(by)) {
      if (has && again && world.chance(0.3)) {
        world.in(
            world.between(SimWorld.SECOND, 5 * SimWorld.SECOND), () -> decide(by, next, false));
      }
      return;
    }
    View last = views.getLast();
    if (next.follows(last)) {
      commit(by, next);
    }
  }

  private void commit(SimViewLog by, View view) {
    // What travels is bytes, so that no two nodes share an object.
    views.add(View.decode(view.encode()));
    append(by, voters);
    end++;
    world.trace(() -> "committed: " + describe(view));
    for (long voter : voters) {
      SimViewLog log = running.get(voter);
      if (log != null) {
        world.in(world.between(SimWorld.MILLI, 40 * SimWorld.MILLI), log::catchUp);
      }
    }
  }

  /** Those that are reached have all in their logs, and may not know that it is committed. */
  private void append(SimViewLog by, List<Long> to) {
    for (long voter : to) {
      SimViewLog log = awake(voter);
      if (log != null && fabric.talks(by.host(), log.host())) {
        log.host().append(views.getLast());
      }
    }
  }

  static String describe(View view) {
    var seats = new ArrayList<String>();
    for (View.Seat seat : view.seats()) {
      seats.add(
          seat.member()
              + (seat.votes() ? "+" : "-")
              + (seat.mayLead() ? "" : "!")
              + "="
              + view.slots().countOf(seat.member()));
    }
    return "generation=" + view.refoundings() + " epoch=" + view.epoch() + " " + seats;
  }

  boolean isLeader(long storeId) {
    return storeId == leader || (storeId == formerLeader && world.now() < formerUntil);
  }

  private void tick() {
    SimViewLog now = awake(leader);
    boolean leads = now != null && voters.contains(leader) && reachesMajority(now);
    for (long voter : voters) {
      if (now != null && reaches(now, voter)) {
        answeredAt.put(voter, world.now());
      }
    }
    if (leads && !world.chance(0.002)) {
      leaderlessSince = -1;
    } else if (leaderlessSince < 0) {
      leaderlessSince = world.now();
    } else if (world.now() - leaderlessSince > world.between(300, 1_200) * SimWorld.MILLI) {
      elect();
    }
    world.in(world.between(TICK / 2, TICK), this::tick);
  }

  private void elect() {
    var able = new ArrayList<SimViewLog>();
    for (long voter : voters) {
      SimViewLog log = awake(voter);
      if (log != null && reachesMajority(log)) {
        able.add(log);
      }
    }
    if (!able.isEmpty()) {
      SimViewLog next = world.one(able);
      formerLeader = leader;
      formerUntil = world.now() + world.between(0, 3 * SimWorld.SECOND);
      leader = next.storeId();
      leaderSince = world.now();
      leaderlessSince = -1;
      next.catchUp();
    }
  }

  /**
   * Takes one step of the list of voters towards that of the view: without those that are gone, and
   * then with one after the other that came.
   */
  void reconcile(SimViewLog by, List<Member> wanted) {
    if (changing || !isLeader(by.storeId()) || !reachesMajority(by)) {
      return;
    }
    List<Long> ids = wanted.stream().map(Member::storeId).toList();
    var next = new ArrayList<>(voters);
    if (!next.retainAll(ids)) {
      ids.stream()
          .filter(id -> !voters.contains(id) && awake(id) != null)
          .findFirst()
          .ifPresent(next::add);
    }
    if (!next.isEmpty() && !next.equals(voters)) {
      change(by, next);
    }
  }

  private void change(SimViewLog by, List<Long> next) {
    changing = true;
    world.in(
        world.between(5 * SimWorld.MILLI, 300 * SimWorld.MILLI),
        () -> {
          changing = false;
          // Old and new ones have to agree.
          if (reachesMajority(by) && reachesMajority(by, next) && voters.contains(by.storeId())) {
            append(by, voters);
            append(by, next);
            votersAre(next);
            world.trace(() -> "voters of the log: " + voters.size());
          }
        });
  }

  private void votersAre(List<Long> next) {
    voters = next;
    end++;
    votersAt = end;
  }
}
