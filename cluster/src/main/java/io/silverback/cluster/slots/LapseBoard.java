package io.silverback.cluster.slots;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which voters reported that the lease of a removed member is over; for each removal by itself, as
 * a process may come back and be removed again. Belongs to the loop.
 */
public final class LapseBoard {
  private final Map<View.Removed, Set<ProcessId>> reports = new HashMap<>();

  /**
   * A node that votes, or did, reports; what it reported once stays true.
   *
   * @param epoch of its view: of later removals it says nothing
   */
  public void report(View view, ProcessId voter, long epoch, List<ProcessId> lapsed) {
    for (View.Removed gone : view.removed()) {
      if (epoch >= gone.epoch() && lapsed.contains(ProcessId.of(gone.member()))) {
        reports.computeIfAbsent(gone, _ -> new HashSet<>()).add(voter);
      }
    }
    reports.keySet().retainAll(view.removed());
  }

  /** True if a majority of the view's voters reported so, of each removal of that process. */
  public boolean hasLapsed(View view, Member removed) {
    return view.removed().stream()
        .filter(gone -> gone.member().isSameProcess(removed))
        .allMatch(gone -> isReported(view, gone));
  }

  /** True if nobody who is no member may still lead. */
  public boolean allLapsed(View view) {
    return view.removed().stream().allMatch(gone -> isReported(view, gone));
  }

  private boolean isReported(View view, View.Removed gone) {
    Set<ProcessId> reporters = reports.getOrDefault(gone, Set.of());
    long count = view.voters().stream().map(ProcessId::of).filter(reporters::contains).count();
    return count >= view.majority();
  }
}
