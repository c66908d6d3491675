package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.LapseBoard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says to all other processes that this one lives, asks them for a lease with the same message, and
 * answers theirs. Belongs to the loop.
 */
public final class Heartbeats {
  private static final System.Logger logger = System.getLogger(Heartbeats.class.getName());

  private static final int MOST_STRANGERS = 1_000;

  private final Member self;
  private final ClusterPorts ports;
  private final Lease lease;
  private final Voter voter;
  private final Peers peers;
  private final Foreigners foreigners;
  private final LapseBoard board;
  private final Requests.Post post;
  private final long leaseNanos;
  private final Map<ProcessId, Pushed> pushed = new HashMap<>();
  private boolean ended;
  private long warnedEpoch;

  private record Pushed(long epoch, long nanos) {}

  public Heartbeats(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Lease lease,
      Voter voter,
      Peers peers,
      Foreigners foreigners,
      LapseBoard board,
      Requests.Post post) {
    this.self = self;
    this.ports = ports;
    this.lease = lease;
    this.voter = voter;
    this.peers = peers;
    this.foreigners = foreigners;
    this.board = board;
    this.post = post;
    this.leaseNanos = config.lease().toNanos();
  }

  /** Sends one to everyone, this process included. */
  public void send(Optional<View> view) {
    if (ended) {
      return;
    }
    long renewal = lease.renew();
    long epoch = view.map(View::epoch).orElse(0L);
    long clusterId = view.map(View::clusterId).orElse(0L);
    var beat = new PeerMessage.Heartbeat(self, clusterId, epoch, renewal, ports.clock().nanoTime());
    post.sendAll(everyone(view), beat);
    view.filter(now -> voter.grant(now, self, ProcessId.of(self)))
        .ifPresent(
            now -> lease.granted(now, ProcessId.of(self), now.epoch(), lease.digest(), renewal));
  }

  /** This process wants no lease any more, and whatever it is granted does not count. */
  public void end() {
    ended = true;
  }

  /** One came: it is answered if this node knows of a cluster, with the view if theirs is older. */
  public void heard(Optional<View> view, PeerMessage.Heartbeat beat) {
    Member from = beat.self();
    if (view.isPresent() && foreigners.isForeign(beat, view.get())) {
      // Two clusters must never become one: whatever it holds was agreed on elsewhere.
      peers.forget(from);
      return;
    }
    boolean isOneTooMany =
        peers.of(from).isEmpty() && peers.recent(Long.MAX_VALUE).size() >= MOST_STRANGERS;
    if (from.isSameProcess(self) || isOneTooMany) {
      return;
    }
    peers.heard(beat, leaseNanos);
    if (view.isEmpty()) {
      return;
    }
    View now = view.get();
    boolean granted = voter.grant(now, self, ProcessId.of(from));
    post.send(
        from,
        new PeerMessage.Grant(
            now.epoch(),
            lease.digest(),
            beat.renewal(),
            granted,
            ports.clock().nanoTime(),
            ports.clock().wallMillis(),
            voter.lapsed()));
    if (beat.epoch() < now.epoch()) {
      push(from, now);
    }
  }

  /** Tells a node the view, unless it was told a moment ago. */
  public void push(Member to, View view) {
    if (mayPush(to, view)) {
      post.send(to, new PeerMessage.ViewPush(view));
    }
  }

  /** True if it was not sent that view a moment ago: it may be large, and take a while to apply. */
  private boolean mayPush(Member to, View view) {
    long now = ports.clock().nanoTime();
    pushed.values().removeIf(last -> now - last.nanos() > leaseNanos / 2);
    Pushed last = pushed.get(ProcessId.of(to));
    boolean may = last == null || last.epoch() != view.epoch();
    if (may) {
      pushed.put(ProcessId.of(to), new Pushed(view.epoch(), now));
    }
    return may;
  }

  /** What a voter said to one of ours. */
  public void answered(View view, ProcessId voter, PeerMessage.Grant grant) {
    lease.sentNanos(grant.renewal()).ifPresent(sent -> peers.echoed(voter, grant.nanos() - sent));
    if (grant.epoch() == view.epoch() && grant.digest() != lease.digest()) {
      warnOfTwoViews(voter, grant.epoch());
      // Of two generations, one gives way.
      view.member(voter.nodeId(), voter.incarnation()).ifPresent(member -> push(member, view));
      return;
    }
    if (grant.granted() && !ended) {
      lease.granted(view, voter, grant.epoch(), grant.digest(), grant.renewal());
    }
    if (!grant.lapsed().isEmpty() && grant.epoch() >= 1) {
      board.report(view, voter, grant.epoch(), grant.lapsed());
    }
  }

  /** Once for each view. */
  private void warnOfTwoViews(ProcessId voter, long epoch) {
    if (epoch != warnedEpoch) {
      warnedEpoch = epoch;
      logger.log(
          System.Logger.Level.WARNING,
          "a voter has another view of the same number, so its grants do not count; were files of"
              + " a node copied or brought back?",
          entry("node", voter.nodeId()),
          entry("epoch", epoch));
    }
  }

  /** All other processes that there may be: the members, and those that gossip knows. */
  public List<Member> everyone(Optional<View> view) {
    Map<ProcessId, Member> everyone = new LinkedHashMap<>();
    view.map(View::members)
        .orElse(List.of())
        .forEach(member -> everyone.put(ProcessId.of(member), member));
    for (Member member : ports.membership().peers()) {
      if (everyone.size() < MOST_STRANGERS) {
        everyone.putIfAbsent(ProcessId.of(member), member);
      }
    }
    everyone.remove(ProcessId.of(self));
    return new ArrayList<>(everyone.values());
  }
}
