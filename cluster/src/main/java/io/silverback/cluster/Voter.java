package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.ProcessId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What this node granted to others, and which removed members hold nothing of it any more.
 *
 * <p>A process start does not know what the one before it granted, so it grants and reports nothing
 * for a lease; nor does one that stood still, as it may have missed a view. Belongs to the loop.
 */
final class Voter {
  private final Clock clock;
  private final long cautionNanos;
  private final Map<ProcessId, Long> granted = new HashMap<>();
  private final Map<ProcessId, Long> lapseAt = new HashMap<>();
  private final Set<ProcessId> released = new HashSet<>();
  private long since;

  Voter(Clock clock, Duration lease) {
    this.clock = clock;
    // A tenth more than the holder counts, for clocks that do not run alike.
    this.cautionNanos = lease.toNanos() / 10 * 11;
    this.since = clock.nanoTime();
  }

  /** The process stood still. */
  void stoodStill() {
    since = clock.nanoTime();
  }

  /** Grants a member of the view a lease from now on, if it may. */
  boolean grant(View view, Member self, ProcessId to) {
    long now = clock.nanoTime();
    boolean may =
        view.hasVoter(self)
            && view.member(to.nodeId(), to.incarnation()).isPresent()
            && !released.contains(to)
            && now - since >= cautionNanos;
    if (may) {
      granted.put(to, now);
    }
    return may;
  }

  /** Begins to count for those that a view is without. */
  void enter(View view) {
    var removed = new ArrayList<ProcessId>();
    for (View.Removed gone : view.removed()) {
      ProcessId id = ProcessId.of(gone.member());
      removed.add(id);
      lapseAt.computeIfAbsent(id, absent -> grantEnds(absent));
    }
    lapseAt.keySet().retainAll(removed);
    granted.keySet().removeIf(id -> view.member(id.nodeId(), id.incarnation()).isEmpty());
    released.removeIf(id -> view.member(id.nodeId(), id.incarnation()).isEmpty());
  }

  private long grantEnds(ProcessId id) {
    if (released.remove(id)) {
      return clock.nanoTime();
    }
    Long last = granted.get(id);
    return (last == null || last - since < 0 ? since : last) + cautionNanos;
  }

  /** A removed member says that it leads nothing. */
  void released(ProcessId id) {
    released.add(id);
    lapseAt.computeIfPresent(id, (_, at) -> Math.min(at, clock.nanoTime()));
  }

  /** The removed members that hold nothing which this node granted. */
  List<ProcessId> lapsed() {
    long now = clock.nanoTime();
    var lapsed = new ArrayList<ProcessId>();
    lapseAt.forEach(
        (id, at) -> {
          if (now - at >= 0 && now - since >= cautionNanos) {
            lapsed.add(id);
          }
        });
    return lapsed;
  }
}
