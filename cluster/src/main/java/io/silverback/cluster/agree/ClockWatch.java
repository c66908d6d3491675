package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.Clock;
import io.silverback.cluster.ClockSkew;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compares the wall clocks of the other members with that of this node, and says so in the log: a
 * line when one is too far away, and one when it is not any more. Belongs to the loop.
 *
 * <p>An answer to a heartbeat says what the other clock was at some moment between the heartbeat
 * and the answer, so the middle of that time is wrong by half of it at the most (Cristian,
 * "Probabilistic Clock Synchronization", 1989). A clock is too far away only if it is whatever the
 * error, and right again only if it is whatever the error, so a slow network causes no line.
 *
 * <p>Nothing is decided by what comes out. Which of two clocks is wrong cannot be seen here: a node
 * whose own clock is wrong finds all others equally far away.
 */
public final class ClockWatch {
  private static final System.Logger logger = System.getLogger(ClockWatch.class.getName());

  /** Ten thousand years, so that no difference overflows. */
  private static final long MOST_MILLIS = 10_000L * 365 * 24 * 3_600_000;

  private static final long NANOS_IN_MILLI = 1_000_000;

  private final Member self;
  private final Clock clock;
  private final long limitMillis;
  private final long leaseNanos;
  private final Map<ProcessId, Measured> measured = new HashMap<>();

  /** The nodes that the log calls wrong, also while they are away. */
  private final Set<String> wrong = new HashSet<>();

  private List<Member> members = List.of();

  private record Measured(ClockSkew skew, long nanos) {}

  public ClockWatch(ClusterConfig config, Member self, Clock clock) {
    this.self = self;
    this.clock = clock;
    this.limitMillis = config.maxClockSkew().toMillis();
    this.leaseNanos = config.lease().toNanos();
  }

  public void enter(View view) {
    members = view.members().stream().filter(member -> !member.isSameProcess(self)).toList();
    measured.keySet().retainAll(members.stream().map(ProcessId::of).toList());
    var known = new HashSet<String>();
    members.forEach(member -> known.add(member.nodeId()));
    view.removed().forEach(gone -> known.add(gone.member().nodeId()));
    wrong.retainAll(known);
  }

  /**
   * A member answered a heartbeat.
   *
   * @param theirMillis its wall clock when it did
   * @param sentNanos our monotonic clock when that heartbeat was sent
   */
  public void heard(ProcessId from, long theirMillis, long sentNanos) {
    Optional<Member> member =
        members.stream().filter(each -> ProcessId.of(each).equals(from)).findFirst();
    if (member.isEmpty()) {
      return;
    }
    // In this order: if the process stands still in between, the error only becomes larger.
    long wallMillis = clock.wallMillis();
    long now = clock.nanoTime();
    long halfMillis = (now - sentNanos) / 2 / NANOS_IN_MILLI;
    long theirs = Math.clamp(theirMillis, -MOST_MILLIS, MOST_MILLIS);
    long ours = Math.clamp(wallMillis, -MOST_MILLIS, MOST_MILLIS);
    // Both clocks and the half leave out parts of milliseconds.
    var skew = new ClockSkew(theirs - (ours - halfMillis), halfMillis + 2);
    measured.put(from, new Measured(skew, now));
    judge(member.get(), skew);
  }

  private void judge(Member member, ClockSkew skew) {
    boolean isWrong = skew.apartMillis() - skew.errorMillis() > limitMillis;
    boolean isRight = skew.apartMillis() + skew.errorMillis() <= limitMillis;
    if (isWrong && wrong.add(member.nodeId())) {
      logger.log(
          System.Logger.Level.WARNING,
          "the clock of a node is too far from the clock here, set the wrong one right",
          entry("node", member.nodeId()),
          entry("ahead_seconds", skew.aheadMillis() / 1e3),
          entry("error_seconds", skew.errorMillis() / 1e3),
          entry("limit_seconds", limitMillis / 1e3));
    } else if (isRight && wrong.remove(member.nodeId())) {
      logger.log(
          System.Logger.Level.INFO,
          "the clock of a node is close to the clock here again",
          entry("node", member.nodeId()),
          entry("ahead_seconds", skew.aheadMillis() / 1e3),
          entry("error_seconds", skew.errorMillis() / 1e3));
    }
  }

  /** Of the members that answered within a lease. */
  public Map<Member, ClockSkew> skews() {
    long now = clock.nanoTime();
    var skews = new LinkedHashMap<Member, ClockSkew>();
    for (Member member : members) {
      Measured last = measured.get(ProcessId.of(member));
      if (last != null && now - last.nanos() <= leaseNanos) {
        skews.put(member, last.skew());
      }
    }
    return skews;
  }
}
