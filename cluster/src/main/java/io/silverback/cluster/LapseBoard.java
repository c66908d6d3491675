package io.silverback.cluster;

import io.silverback.cluster.PeerMessage.ProcessId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which voters reported that a removed member's lease is over. Belongs to the loop. */
final class LapseBoard {
  private final Map<ProcessId, Set<ProcessId>> reports = new HashMap<>();

  /** A node that votes, or did, reports; what it reported once stays true. */
  void report(View view, ProcessId voter, List<ProcessId> lapsed) {
    for (View.Removed gone : view.removed()) {
      ProcessId id = ProcessId.of(gone.member());
      if (lapsed.contains(id)) {
        reports.computeIfAbsent(id, _ -> new HashSet<>()).add(voter);
      }
    }
    reports
        .keySet()
        .removeIf(
            id ->
                view.removed().stream().noneMatch(gone -> ProcessId.of(gone.member()).equals(id)));
  }

  /** True if a majority of the view's voters reported so. */
  boolean hasLapsed(View view, Member removed) {
    Set<ProcessId> reporters = reports.getOrDefault(ProcessId.of(removed), Set.of());
    long count = view.voters().stream().map(ProcessId::of).filter(reporters::contains).count();
    return count >= view.majority();
  }

  /** True if nobody who is no member may still lead. */
  boolean allLapsed(View view) {
    return view.removed().stream().allMatch(gone -> hasLapsed(view, gone.member()));
  }
}
