package io.silverback.cluster;

import java.util.Optional;

/** Makes a {@link ClusterStatus} of what the parts of a node know. Belongs to the loop. */
final class StatusReport {
  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Foreigners foreigners;
  private final Lease lease;
  private final Led led;
  private final AntiEntropy antiEntropy;
  private final Counters counters;
  private long ownedEpoch;
  private int owned;

  StatusReport(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Foreigners foreigners,
      Lease lease,
      Led led,
      AntiEntropy antiEntropy,
      Counters counters) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.foreigners = foreigners;
    this.lease = lease;
    this.led = led;
    this.antiEntropy = antiEntropy;
    this.counters = counters;
  }

  ClusterStatus now(Optional<View> view) {
    view.ifPresent(this::countOwned);
    return new ClusterStatus(
        self,
        view,
        ports.membership().peers(),
        foreigners.recent(),
        lease.millisLeft(),
        lease.holds() ? led.led().cardinality() : 0,
        led.pending().cardinality(),
        owned,
        antiEntropy.underReplicated(),
        ports.viewLog().isProposer(),
        new ClusterStatus.Counters(
            counters.forwarded,
            counters.replicated,
            counters.standIns,
            counters.unavailable,
            lease.lapses(),
            counters.takeOvers,
            counters.repairs,
            counters.alone,
            counters.purged,
            counters.dropped,
            lease.withheldMillis()));
  }

  private void countOwned(View view) {
    if (view.epoch() == ownedEpoch) {
      return;
    }
    ownedEpoch = view.epoch();
    owned = 0;
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      boolean isOwner =
          view.owners(slot).stream()
              .limit(config.replicationFactor())
              .anyMatch(self::isSameProcess);
      owned += isOwner ? 1 : 0;
    }
  }
}
