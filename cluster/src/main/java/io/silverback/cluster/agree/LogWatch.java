package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.Clock;
import io.silverback.cluster.LogLag;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out which voters do not keep up with the log of the views although their processes live,
 * and says so in the log of this node: a line when that begins, and one when it ends. Such a voter
 * sends heartbeats and grants leases, but no view can be agreed on with its help. Belongs to the
 * loop.
 *
 * <p>The one that proposes knows how the others answer, and each voter knows whether it is in touch
 * itself; so one of them notices, whichever direction is broken.
 */
public final class LogWatch {
  private static final System.Logger logger = System.getLogger(LogWatch.class.getName());

  private final ViewLog log;
  private final Clock clock;
  private final long limitNanos;
  private final EnumSet<Rule> off;
  private final Map<Member, Long> behindSince = new HashMap<>();
  private final Map<Member, Long> missingSince = new HashMap<>();
  private final Map<Member, Long> lateSince = new HashMap<>();

  /** An election, or a log that starts again, takes less than two leases. */
  public LogWatch(ViewLog log, Clock clock, Duration lease, EnumSet<Rule> off) {
    this.log = log;
    this.clock = clock;
    this.limitNanos = 2 * lease.toNanos();
    this.off = off;
  }

  /**
   * Called after each view, and now and then.
   *
   * @param silent members whose processes are not heard of, of which nothing else needs to be said
   * @return those of the other voters that this node knows about
   */
  public Map<Member, LogLag> look(Optional<View> view, Set<Member> silent) {
    var lags = new LinkedHashMap<Member, LogLag>();
    List<Member> voters =
        view.stream()
            .flatMap(now -> now.voters().stream())
            .filter(voter -> !silent.contains(voter))
            .toList();
    var followers = new ArrayList<>(log.followers());
    followers.addAll(missing(voters));
    for (ViewLog.Follower follower : followers) {
      voters.stream()
          .filter(voter -> voter.storeId() == follower.storeId())
          .findFirst()
          .ifPresent(voter -> lags.put(voter, judge(voter, follower)));
    }
    behindSince.keySet().retainAll(lags.keySet());
    for (Member member : new HashSet<>(lateSince.keySet())) {
      LogLag lag = lags.get(member);
      if (lag == null || !lag.isLate()) {
        tellEnd(member, lag != null);
      }
    }
    return lags;
  }

  /**
   * Voters of the view that the log does not count yet, as the one that proposes knows: each joins
   * soon after the view made it a voter, unless its log hangs.
   */
  private List<ViewLog.Follower> missing(List<Member> voters) {
    long now = clock.nanoTime();
    List<Long> counted = log.libraryVoters();
    List<Member> missing =
        log.isProposer()
            ? voters.stream().filter(voter -> !counted.contains(voter.storeId())).toList()
            : List.of();
    missingSince.keySet().retainAll(missing);
    missing.forEach(voter -> missingSince.putIfAbsent(voter, now));
    return missing.stream()
        .map(
            voter ->
                new ViewLog.Follower(
                    voter.storeId(), (now - missingSince.getOrDefault(voter, now)) / 1_000_000, 0))
        .toList();
  }

  private LogLag judge(Member voter, ViewLog.Follower follower) {
    long now = clock.nanoTime();
    if (follower.entries() > 0) {
      behindSince.putIfAbsent(voter, now);
    } else {
      behindSince.remove(voter);
    }
    long behind = now - behindSince.getOrDefault(voter, now);
    boolean isLate =
        (follower.silentMillis() * 1_000_000 > limitNanos || behind > limitNanos)
            && !off.contains(Rule.LATE_LOGS_ARE_TOLD);
    if (isLate && lateSince.putIfAbsent(voter, now) == null) {
      logger.log(
          System.Logger.Level.WARNING,
          "a voter does not keep up with the log of the views although its process lives, so it"
              + " does not count as one that works; look at its log and its disk, and restart it",
          entry("node", voter.nodeId()),
          entry("silent_seconds", follower.silentMillis() / 1e3),
          entry("entries", follower.entries()));
    }
    return new LogLag(follower.silentMillis(), follower.entries(), isLate);
  }

  /** Of one that this node knows nothing about any more, another one may say something. */
  private void tellEnd(Member voter, boolean keepsUp) {
    long lasted = clock.nanoTime() - lateSince.remove(voter);
    if (keepsUp) {
      logger.log(
          System.Logger.Level.INFO,
          "a voter keeps up with the log of the views again",
          entry("node", voter.nodeId()),
          entry("lasted_seconds", lasted / 1e9));
    }
  }
}
