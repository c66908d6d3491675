package io.silverback.cluster;

import java.util.Optional;

/** Whether a node should get requests. Asked by any thread; told of views by the loop. */
final class Readiness {
  private final ClusterConfig config;
  private final Member self;
  private final ViewLog viewLog;
  private final Lease lease;
  private volatile boolean counted;

  Readiness(ClusterConfig config, Member self, ViewLog viewLog, Lease lease) {
    this.config = config;
    this.self = self;
    this.viewLog = viewLog;
    this.lease = lease;
  }

  /**
   * Finds out whether this node has had a vote in the log, or was to have none. Whoever restarts
   * nodes in turn goes on when this one is ready, and the log must outlive that.
   */
  void enter(Optional<View> view) {
    if (!counted && view.filter(now -> now.has(self)).isPresent()) {
      counted =
          view.get().hasVoter(self)
              ? viewLog.libraryVoters().contains(self.storeId())
              : ViewPlanner.nextVoter(view.get()).isEmpty();
    }
  }

  /** Empty if it should. */
  Optional<String> whyNot(ClusterStatus status) {
    if (status.view().isEmpty()) {
      return Optional.of(
          "waiting for a cluster: nodes seen="
              + (status.peers().size() + 1)
              + " expected="
              + config.bootstrapExpect());
    }
    if (!status.view().get().has(self)) {
      return Optional.of("waiting to be admitted to the cluster" + namesake(status.view().get()));
    }
    if (!counted) {
      return Optional.of("waiting for a vote in the log of the views");
    }
    return lease.holds() ? Optional.empty() : Optional.of("no contact with a majority of voters");
  }

  /** A member that may be the one before this process, or another node by mistake. */
  private String namesake(View known) {
    return known.members().stream()
        .filter(self::isSameNode)
        .findFirst()
        .map(
            other ->
                ", which still has a member of this name; if that is another server, give this one"
                    + " another --cluster.node-id: node_id="
                    + other.nodeId()
                    + " address="
                    + other.peerAddress())
        .orElse("");
  }
}
