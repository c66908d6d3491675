package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What this node granted to others, and which removed members hold nothing of it any more.
 *
 * <p>A process start does not know what the one before it granted, so it grants and reports nothing
 * for a lease; nor does one that stood still, as it may have missed a view. Belongs to the loop.
 */
public final class Voter {
  private final Clock clock;
  private final long cautionNanos;
  private final Map<ProcessId, Long> granted = new HashMap<>();
  private final Map<View.Removed, Long> lapseAt = new HashMap<>();
  private final Set<ProcessId> released = new HashSet<>();
  private long since;
  private OptionalLong withheldUntil = OptionalLong.empty();
  private long generation;
  private boolean refuses;

  public Voter(Clock clock, Duration lease) {
    this.clock = clock;
    // A tenth more than the holder counts, for clocks that do not run alike.
    this.cautionNanos = lease.toNanos() / 10 * 11;
    this.since = clock.nanoTime();
  }

  /** The process stood still. */
  public void stoodStill() {
    since = clock.nanoTime();
  }

  /** Grants nothing for a while, unless a view of a later generation comes. */
  void withhold() {
    withheldUntil = OptionalLong.of(clock.nanoTime() + cautionNanos);
  }

  /** Grants a member of the view a lease from now on, if it may. */
  boolean grant(View view, Member self, ProcessId to) {
    long now = clock.nanoTime();
    boolean may =
        view.hasVoter(self)
            && view.member(to.nodeId(), to.incarnation()).isPresent()
            && !released.contains(to)
            && (!refuses || to.equals(ProcessId.of(self)))
            && now - since >= cautionNanos
            && (withheldUntil.isEmpty() || now - withheldUntil.getAsLong() >= 0);
    if (may) {
      granted.put(to, now);
    }
    return may;
  }

  /** From now on grants no other process anything, or does so again. */
  void refuse(boolean others) {
    refuses = others;
  }

  /** True if no other process holds anything that this one granted. */
  boolean isFree(Member self) {
    long now = clock.nanoTime();
    return now - since >= cautionNanos
        && granted.entrySet().stream()
            .filter(each -> !each.getKey().equals(ProcessId.of(self)))
            .allMatch(each -> now - each.getValue() >= cautionNanos);
  }

  /**
   * Begins to count for those that a view is without: for each removal by itself, as a process that
   * came back was granted more since.
   */
  public void enter(View view) {
    if (view.generation() != generation) {
      generation = view.generation();
      withheldUntil = OptionalLong.empty();
    }
    for (View.Removed gone : view.removed()) {
      lapseAt.computeIfAbsent(gone, absent -> grantEnds(ProcessId.of(absent.member())));
    }
    lapseAt.keySet().retainAll(view.removed());
    granted.keySet().removeIf(id -> view.member(id.nodeId(), id.incarnation()).isEmpty());
    released.removeIf(id -> view.member(id.nodeId(), id.incarnation()).isEmpty());
  }

  private long grantEnds(ProcessId id) {
    if (released.contains(id)) {
      return clock.nanoTime();
    }
    Long last = granted.get(id);
    return (last == null || last - since < 0 ? since : last) + cautionNanos;
  }

  /** A process says that it leads nothing, and never will again. */
  public void released(ProcessId id) {
    released.add(id);
    long now = clock.nanoTime();
    lapseAt.replaceAll(
        (gone, at) -> ProcessId.of(gone.member()).equals(id) && at - now > 0 ? now : at);
  }

  /** The removed members that hold nothing which this node granted before they were removed. */
  public List<ProcessId> lapsed() {
    long now = clock.nanoTime();
    if (now - since < cautionNanos) {
      return List.of();
    }
    var lapsed = new HashSet<ProcessId>();
    var held = new HashSet<ProcessId>();
    lapseAt.forEach((gone, at) -> (now - at >= 0 ? lapsed : held).add(ProcessId.of(gone.member())));
    lapsed.removeAll(held);
    return List.copyOf(lapsed);
  }
}
