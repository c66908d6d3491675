package io.silverback.cluster.node;

import io.silverback.cluster.ClusterEvent;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.ClusterStatus;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.Member;
import io.silverback.cluster.Outage;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.ClockWatch;
import io.silverback.cluster.agree.Foreigners;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.LogWatch;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.agree.OutageWatch;
import io.silverback.cluster.repair.AntiEntropy;
import io.silverback.cluster.repair.HandOver;
import io.silverback.cluster.repair.HistoryMove;
import io.silverback.cluster.repair.Leftovers;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import java.util.Map;
import java.util.Optional;

/** Makes a {@link ClusterStatus} of what the parts of a node know. Belongs to the loop. */
final class StatusReport {
  private final Member self;
  private final ClusterPorts ports;
  private final Foreigners foreigners;
  private final Lease lease;
  private final Minority minority;
  private final Led led;
  private final Shares shares;
  private final AntiEntropy antiEntropy;
  private final HandOver handOver;
  private final HistoryMove historyMove;
  private final Leftovers leftovers;
  private final OutageWatch outages;
  private final ClockWatch clocks;
  private final LogWatch logs;
  private final EventCounts events;

  StatusReport(
      Member self,
      ClusterPorts ports,
      Foreigners foreigners,
      Lease lease,
      Minority minority,
      Led led,
      Shares shares,
      AntiEntropy antiEntropy,
      HandOver handOver,
      HistoryMove historyMove,
      Leftovers leftovers,
      OutageWatch outages,
      ClockWatch clocks,
      LogWatch logs,
      EventCounts events) {
    this.self = self;
    this.ports = ports;
    this.foreigners = foreigners;
    this.lease = lease;
    this.minority = minority;
    this.led = led;
    this.shares = shares;
    this.antiEntropy = antiEntropy;
    this.handOver = handOver;
    this.historyMove = historyMove;
    this.leftovers = leftovers;
    this.outages = outages;
    this.clocks = clocks;
    this.logs = logs;
    this.events = events;
  }

  ClusterStatus now(Optional<View> view) {
    Outage outage = outages.look(view);
    Map<Member, Long> silent = outages.silentMillis();
    return new ClusterStatus(
        self,
        view,
        ports.membership().peers(),
        foreigners.recent(),
        lease.millisLeft(),
        lease.holds() ? led.led().cardinality() : 0,
        led.pending().cardinality(),
        handOver.wanted(),
        shares.of(self).cardinality(),
        antiEntropy.underReplicated(),
        antiEntropy.fewestCopies(),
        historyMove.waiting(),
        historyMove.moving(),
        leftovers.slots(),
        ports.viewLog().isProposer(),
        outage,
        silent,
        clocks.skews(),
        logs.look(view, silent.keySet()),
        events(),
        lease.withheldMillis(),
        minority.fresh().isPresent(),
        minority.millis());
  }

  private Map<ClusterEvent, Long> events() {
    Map<ClusterEvent, Long> all = events.all();
    all.put(ClusterEvent.LEASES_LOST, lease.lapses());
    return all;
  }
}
