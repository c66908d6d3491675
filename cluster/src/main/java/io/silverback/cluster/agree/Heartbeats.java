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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says to all other processes that this one lives, asks them for a lease with the same message, and
 * answers theirs. Belongs to the loop.
 *
 * <p>Only voters decide anything, so what goes on between members that do not vote is kept small,
 * as there may be many of them: they hear each other half as often, and answer only so that each
 * knows the clocks of the others. A view is large, so one voter at a time sends it to a process
 * that has an older one.
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
  private final Repeated<Long> pushed;
  private final Repeated<Boolean> echoed;
  private boolean ended;
  private long warnedEpoch;

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
    this.pushed = new Repeated<>(ports.clock(), leaseNanos / 2);
    this.echoed = new Repeated<>(ports.clock(), leaseNanos / 4 * 3);
  }

  /** Sends one to all that are to get it now, this process included. */
  public void send(Optional<View> view) {
    if (ended) {
      return;
    }
    long renewal = lease.renew();
    long epoch = view.map(View::epoch).orElse(0L);
    long clusterId = view.map(View::clusterId).orElse(0L);
    var beat = new PeerMessage.Heartbeat(self, clusterId, epoch, renewal, ports.clock().nanoTime());
    post.sendAll(listeners(view, renewal), beat);
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
    if (now.hasVoter(self) || echoed.isDue(ProcessId.of(from), true)) {
      answer(now, from, beat);
    }
    if (beat.epoch() < now.epoch() && isMyTurn(now, from, beat.renewal())) {
      push(from, now);
    }
  }

  private void answer(View now, Member to, PeerMessage.Heartbeat beat) {
    boolean granted = voter.grant(now, self, ProcessId.of(to));
    post.send(
        to,
        new PeerMessage.Grant(
            now.epoch(),
            lease.digest(),
            beat.renewal(),
            granted,
            ports.clock().nanoTime(),
            ports.clock().wallMillis(),
            voter.lapsed()));
  }

  /** Tells a node the view, unless it was told a moment ago. */
  public void push(Member to, View view) {
    if (pushed.isDue(ProcessId.of(to), view.epoch())) {
      post.send(to, new PeerMessage.ViewPush(view));
    }
  }

  /** Of the voters that seem to live, each heartbeat chooses the next one. */
  private boolean isMyTurn(View view, Member to, long renewal) {
    List<Member> voters =
        view.voters().stream()
            .filter(each -> !each.isSameProcess(to))
            .filter(each -> each.isSameProcess(self) || peers.silenceNanos(each) <= leaseNanos)
            .toList();
    return !voters.isEmpty()
        && voters.get(Math.floorMod(renewal, voters.size())).isSameProcess(self);
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

  /** Each second time, members that do not vote pass one another over. */
  private List<Member> listeners(Optional<View> view, long renewal) {
    List<Member> everyone = everyone(view);
    if (renewal % 2 == 0) {
      view.filter(now -> now.has(self) && !now.hasVoter(self))
          .ifPresent(now -> everyone.removeIf(each -> now.has(each) && !now.hasVoter(each)));
    }
    return everyone;
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
