package io.silverback.cluster;

import static java.util.Map.entry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * What becomes of this node and of its cluster, as lines of the log: one for each change. Belongs
 * to the loop.
 *
 * <p>Here as in all of the module, a parameter of a line that is a {@link Map.Entry} is a field of
 * it. A cluster id is written in hexadecimal, as in {@code /api/v1/cluster}.
 */
public final class NodeLog {
  private static final System.Logger logger = System.getLogger(NodeLog.class.getName());

  private final Clock clock;
  private final ToLongFunction<View.Seat> stabilityNanos;
  private long unreadySinceNanos;
  private boolean isReady;
  private boolean isLeased;
  private boolean isFresh;
  private Optional<Long> lapsedNanos = Optional.empty();
  private Optional<Long> pendingNanos = Optional.empty();
  private long takenOver;

  /**
   * Begins to count the time until this node is ready.
   *
   * @param stabilityNanos how long a member that may not lead has to stay until it may
   */
  public NodeLog(Clock clock, ToLongFunction<View.Seat> stabilityNanos) {
    this.clock = clock;
    this.stabilityNanos = stabilityNanos;
    this.unreadySinceNanos = clock.nanoTime();
  }

  /** A cluster id as it is written everywhere. */
  public static String id(long clusterId) {
    return Long.toHexString(clusterId);
  }

  /** To the millisecond. */
  private static double seconds(long nanos) {
    return Duration.ofNanos(nanos).toMillis() / 1e3;
  }

  public void entered(Optional<View> before, View next) {
    logger.log(
        System.Logger.Level.INFO,
        "the cluster has a new view",
        entry("cluster", id(next.clusterId())),
        entry("epoch", next.epoch()),
        entry("members", next.members()),
        entry("voters", next.voters().size()));
    before.ifPresent(
        old -> {
          members(old, next);
          leaders(old, next);
        });
  }

  private void members(View old, View next) {
    Set<String> known = names(old);
    old.removed().forEach(gone -> known.add(gone.member().nodeId()));
    Set<String> stay = names(next);
    for (View.Seat seat : next.seats()) {
      Member member = seat.member();
      Optional<View.Seat> earlier = old.seatOf(member);
      if (earlier.isEmpty()) {
        came(seat, known.contains(member.nodeId()));
      } else if (seat.mayLead() && !earlier.get().mayLead()) {
        logger.log(
            System.Logger.Level.INFO,
            "a node may lead again",
            entry("node", member.nodeId()),
            entry("epoch", next.epoch()));
      }
    }
    for (Member member : old.members()) {
      if (!stay.contains(member.nodeId())) {
        logger.log(
            System.Logger.Level.INFO,
            "a node left the cluster",
            entry("node", member.nodeId()),
            entry("address", member.peerAddress()),
            entry("slots", old.slots().countOf(member)),
            entry("epoch", next.epoch()));
      }
    }
  }

  private void came(View.Seat seat, boolean isBack) {
    Member member = seat.member();
    String sentence = isBack ? "a node came back" : "a node joined the cluster";
    var fields = new ArrayList<Object>();
    fields.add(entry("node", member.nodeId()));
    fields.add(entry("address", member.peerAddress()));
    if (!seat.mayLead()) {
      fields.add(entry("may_lead_in_seconds", seconds(stabilityNanos.applyAsLong(seat))));
    }
    if (!seat.mayLead() && !isBack) {
      sentence += ", and leads earlier if it is scraped";
    }
    logger.log(System.Logger.Level.INFO, sentence, fields.toArray());
  }

  private static Set<String> names(View view) {
    var names = new HashSet<String>();
    view.members().forEach(member -> names.add(member.nodeId()));
    return names;
  }

  /** Who leads how many slots that others led. */
  private static void leaders(View old, View next) {
    if (old.slots().equals(next.slots())) {
      return;
    }
    var gained = new TreeMap<String, Integer>();
    Map<String, TreeSet<String>> from = new HashMap<>();
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      SlotTable.Tenure was = old.slots().tenure(slot);
      SlotTable.Tenure is = next.slots().tenure(slot);
      boolean isSame = was.nodeId().equals(is.nodeId()) && was.incarnation() == is.incarnation();
      if (!isSame) {
        gained.merge(is.nodeId(), 1, Integer::sum);
        from.computeIfAbsent(is.nodeId(), _ -> new TreeSet<>()).add(was.nodeId());
      }
    }
    gained.forEach(
        (node, slots) ->
            logger.log(
                System.Logger.Level.INFO,
                "slots have a new leader",
                entry("node", node),
                entry("slots", slots),
                entry("from", from.getOrDefault(node, new TreeSet<>())),
                entry("epoch", next.epoch())));
  }

  public void lapsed(Optional<View> view) {
    lapsedNanos = Optional.of(clock.nanoTime());
    isLeased = false;
    logger.log(
        System.Logger.Level.WARNING,
        "the lease was lost, connections are closed",
        entry("cluster", view.map(now -> id(now.clusterId())).orElse("")),
        entry("epoch", view.map(View::epoch).orElse(0L)));
  }

  /**
   * Called after each view, and now and then.
   *
   * @param pending how many slots this node is to lead and has yet to take over
   * @param takenOver how many it took over since its start
   * @param isFresh whether it takes pushes by itself
   */
  public void look(
      boolean holdsLease,
      int pending,
      long takenOver,
      boolean isFresh,
      Optional<String> whyNotReady) {
    long now = clock.nanoTime();
    lease(now, holdsLease);
    takeOver(now, pending, takenOver);
    fresh(isFresh);
    readiness(now, whyNotReady);
  }

  private void lease(long now, boolean holdsLease) {
    if (holdsLease && !isLeased) {
      lapsedNanos.ifPresent(
          since ->
              logger.log(
                  System.Logger.Level.INFO,
                  "the lease is regained, requests are taken again once it has run for its length",
                  entry("after_seconds", seconds(now - since))));
    }
    isLeased = holdsLease;
  }

  private void takeOver(long now, int pending, long all) {
    if (all > takenOver) {
      logger.log(
          System.Logger.Level.INFO,
          "this node took slots over",
          entry("slots", all - takenOver),
          entry("pending", pending),
          entry("after_seconds", seconds(pendingNanos.map(since -> now - since).orElse(0L))));
      takenOver = all;
    }
    if (pending == 0) {
      pendingNanos = Optional.empty();
    } else if (pendingNanos.isEmpty()) {
      pendingNanos = Optional.of(now);
    }
  }

  private void fresh(boolean now) {
    if (now && !isFresh) {
      logger.log(
          System.Logger.Level.WARNING,
          "this node reaches no majority, so it takes pushes by itself, and shows only those");
    } else if (!now && isFresh) {
      logger.log(System.Logger.Level.INFO, "this node takes no pushes by itself any more");
    }
    isFresh = now;
  }

  private void readiness(long now, Optional<String> whyNotReady) {
    if (whyNotReady.isEmpty() && !isReady) {
      logger.log(
          System.Logger.Level.INFO,
          "this node is ready",
          entry("after_seconds", seconds(now - unreadySinceNanos)));
    } else if (whyNotReady.isPresent() && isReady) {
      unreadySinceNanos = now;
      logger.log(
          System.Logger.Level.WARNING,
          "this node is not ready any more",
          entry("reason", whyNotReady.get()));
    }
    isReady = whyNotReady.isEmpty();
  }
}
