package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.Clock;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Outage;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Unserved;
import io.silverback.cluster.slots.Led;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Finds out which slots nobody serves, and says so in the log: a line when an outage begins, and
 * one when it ends. Belongs to the loop.
 *
 * <p>Whether another member serves its slots is heard from that member: it sends an {@link
 * Unserved} with each heartbeat as long as it does not.
 */
public final class OutageWatch {
  private static final System.Logger logger = System.getLogger(OutageWatch.class.getName());

  private final Member self;
  private final Clock clock;
  private final Peers peers;
  private final Lease lease;
  private final Led led;
  private final long leaseNanos;
  private final Map<ProcessId, Long> seatedNanos = new HashMap<>();
  private final Map<ProcessId, Said> said = new HashMap<>();
  private Map<Member, Integer> shares = Map.of();
  private Optional<Course> course = Optional.empty();

  private record Said(int slots, long nanos) {}

  /** An outage that goes on. */
  private static final class Course {
    final long sinceNanos;
    int most;

    /** Whose slots they were at first; empty before that is logged. */
    Optional<List<String>> nodes = Optional.empty();

    Course(long sinceNanos) {
      this.sinceNanos = sinceNanos;
    }
  }

  public OutageWatch(
      Member self, Clock clock, Peers peers, Lease lease, Led led, Duration leaseLength) {
    this.self = self;
    this.clock = clock;
    this.peers = peers;
    this.lease = lease;
    this.led = led;
    this.leaseNanos = leaseLength.toNanos();
  }

  public void enter(View view) {
    long now = clock.nanoTime();
    List<ProcessId> members = view.members().stream().map(ProcessId::of).toList();
    members.forEach(id -> seatedNanos.putIfAbsent(id, now));
    seatedNanos.keySet().retainAll(members);
    said.keySet().retainAll(members);
    if (shares.isEmpty()) {
      // The first one: until now there was no cluster that could have served anything.
      course = Optional.empty();
    }
    var counts = new LinkedHashMap<Member, Integer>();
    view.members().forEach(member -> counts.put(member, view.slots().countOf(member)));
    shares = counts;
  }

  /** A member does not serve all of its slots. */
  public void heard(ProcessId from, Unserved word) {
    said.put(from, new Said(Math.clamp(word.slots(), 0, HashRing.SLOTS), clock.nanoTime()));
  }

  /** What the others are to be told; nothing if this node serves all of its slots. */
  public Optional<Unserved> word() {
    int open = unservedHere();
    return open > 0 ? Optional.of(new Unserved(open)) : Optional.empty();
  }

  /** Called after each view, and now and then. */
  public Outage look(Optional<View> view) {
    long now = clock.nanoTime();
    var nodes = new TreeSet<String>();
    int silent = 0;
    int takingOver = 0;
    int unled = HashRing.SLOTS;
    long longestSilence = 0;
    for (Map.Entry<Member, Integer> share : shares.entrySet()) {
      Member member = share.getKey();
      int slots = share.getValue();
      unled -= slots;
      long silence = silenceNanos(member);
      int open = silence > leaseNanos ? slots : unserved(view, member, slots);
      if (silence > leaseNanos) {
        silent += open;
        longestSilence = Math.max(longestSilence, open > 0 ? silence : 0);
      } else {
        takingOver += open;
      }
      if (open > 0) {
        nodes.add(member.nodeId());
      }
    }
    int open = silent + unled + takingOver;
    if (open > 0 && course.isEmpty()) {
      course = Optional.of(new Course(now - longestSilence));
    }
    long millis = course.map(lasting -> (now - lasting.sinceNanos) / 1_000_000).orElse(0L);
    var outage = new Outage(silent, unled, takingOver, List.copyOf(nodes), open > 0 ? millis : 0);
    if (view.isPresent()) {
      course.ifPresent(lasting -> tell(lasting, outage, millis));
    }
    if (open == 0) {
      course = Optional.empty();
    }
    return outage;
  }

  /** A change of leaders takes a moment, and the first ones of a cluster wait for a lease. */
  private void tell(Course lasting, Outage outage, long millis) {
    lasting.most = Math.max(lasting.most, outage.slots());
    boolean isOutage = outage.silentLeader() > 0 || millis > 2 * leaseNanos / 1_000_000;
    if (outage.slots() > 0 && isOutage && lasting.nodes.isEmpty()) {
      lasting.nodes = Optional.of(outage.nodes());
      logger.log(
          System.Logger.Level.WARNING,
          "an outage begins, some slots have no server: their groups are not shown, and pushes to"
              + " them wait",
          entry("slots", outage.slots()),
          entry("silent_leader", outage.silentLeader()),
          entry("no_leader", outage.noLeader()),
          entry("taking_over", outage.takingOver()),
          entry("nodes", outage.nodes()),
          entry("lasts_seconds", millis / 1e3));
    } else if (outage.slots() == 0 && lasting.nodes.isPresent()) {
      logger.log(
          System.Logger.Level.INFO,
          "the outage is over, all slots are served",
          entry("slots", lasting.most),
          entry("nodes", lasting.nodes.get()),
          entry("lasted_seconds", millis / 1e3));
    }
  }

  /** The members that were not heard of for longer than a lease, and for how long, in millis. */
  public Map<Member, Long> silentMillis() {
    var silent = new LinkedHashMap<Member, Long>();
    for (Member member : shares.keySet()) {
      long silence = silenceNanos(member);
      if (silence > leaseNanos) {
        silent.put(member, silence / 1_000_000);
      }
    }
    return silent;
  }

  /** Of one that came a moment ago nothing could be heard before. */
  private long silenceNanos(Member member) {
    if (member.isSameProcess(self)) {
      return 0;
    }
    long now = clock.nanoTime();
    long seated = now - seatedNanos.getOrDefault(ProcessId.of(member), now);
    return Math.min(seated, peers.silenceNanos(member));
  }

  private int unserved(Optional<View> view, Member member, int slots) {
    if (member.isSameProcess(self)) {
      return unservedHere();
    }
    // What a newer view gave it, it cannot serve before it knows that view.
    long knows = peers.of(member).map(Peers.Heard::epoch).orElse(0L);
    int unknown = view.map(each -> each.slots().countSince(member, knows)).orElse(0);
    long now = clock.nanoTime();
    Said last = said.get(ProcessId.of(member));
    if (last == null || now - last.nanos() > leaseNanos / 2) {
      return unknown;
    }
    return Math.min(slots, unknown + last.slots());
  }

  private int unservedHere() {
    int slots = shares.getOrDefault(self, 0);
    return lease.holds() ? Math.max(0, slots - led.led().cardinality()) : slots;
  }
}
