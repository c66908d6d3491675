package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.GiveUpOutcome;
import io.silverback.cluster.Member;
import io.silverback.cluster.Network.Knock;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Founds the cluster again without voters that are lost, where no majority is left that could agree
 * on anything. Belongs to the loop.
 *
 * <p>By itself for one of exactly two voters, if the other one is dead for all that can be known:
 * for a whole lease both of its doors refused every connection, and nothing was heard of it. The
 * doors are tried as soon as it is late, so that this lease may pass while that of this node does;
 * only when both are over, and whatever was granted to the other one, it goes on alone. A process
 * opens its web door after its peer port and closes it before, and one that stands still refuses
 * nothing, so it shows nothing any more. What it agreed on is known, as of two voters both have to
 * agree; that it did not go on alone before is known only to a process that held a lease with it:
 * one that started since may have an old store, and never decides. If the other one may have taken
 * pushes by itself that are not here, they are in its files, and it is waited for longer: if the
 * doors began to refuse late, or before all was compared after the last cut.
 *
 * <p>In all other cases because operators said so, by giving up each voter that is not heard.
 */
public final class Refounder {
  private static final System.Logger logger = System.getLogger(Refounder.class.getName());

  /** How long a dead process has to come back with what it may have taken by itself. */
  private static final int LEASES_TO_RETURN = 30;

  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Lease lease;
  private final Voter voter;
  private final Peers peers;
  private final Comparison comparison;
  private final EnumSet<Rule> off;
  private final long leaseNanos;
  private final long cautionNanos;

  /** A process that was not heard for longer is late. */
  private final long patienceNanos;

  /** Older refusals say nothing of now: longer than an attempt takes, and what is between two. */
  private final long freshNanos;

  private final Evidence web = new Evidence();
  private final Evidence peer = new Evidence();

  /** The other of two voters, as of the last lease that this process held. */
  private Optional<ProcessId> partner = Optional.empty();

  /** Of that lease. */
  private long leaseEndNanos;

  /** When a lease was last lost that was held with it; empty if none was. */
  private OptionalLong cutNanos = OptionalLong.empty();

  /** Whether all that it took before that lease is here. */
  private boolean isCompared;

  /** Whether a lease was held when it was last looked at. */
  private boolean holds;

  /** Whose connection has ended, and when. */
  private Optional<HungUp> hungUp = Optional.empty();

  private Optional<Plan> plan = Optional.empty();
  private final Map<ProcessId, Long> givenUp = new HashMap<>();

  /** What was decided on, and from which view. */
  private record Plan(View from, View first) {}

  private record HungUp(ProcessId process, long nanos) {}

  /** Whether this node has what another one took. */
  @FunctionalInterface
  public interface Comparison {
    /**
     * True if it has all that the other one leads, as that said after a moment, and has taken over
     * all that it is to lead itself.
     *
     * @param after in nanoseconds of the clock; empty if it may have said so at any time
     */
    boolean hasAllOf(View view, Member other, OptionalLong after);
  }

  /** Whether a door refused all attempts of late. Times are those at which attempts began. */
  private static final class Evidence {
    private OptionalLong since = OptionalLong.empty();
    private long lastNanos;
    private long rounds;
    private boolean isAsking;

    /** What attempts under way find out is of no account either. */
    void clear() {
      since = OptionalLong.empty();
      rounds++;
    }

    void refused(long nanos, long mostBetween) {
      if (since.isEmpty() || nanos - lastNanos > mostBetween) {
        since = OptionalLong.of(nanos);
      }
      lastNanos = nanos;
    }

    boolean isFor(long nanos) {
      return since.isPresent() && lastNanos - since.getAsLong() >= nanos;
    }

    boolean isOfLate(long nowNanos, long most) {
      return since.isPresent() && nowNanos - lastNanos <= most;
    }

    boolean beganAfter(long nanos) {
      return since.isPresent() && since.getAsLong() - nanos > 0;
    }
  }

  public Refounder(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Lease lease,
      Voter voter,
      Peers peers,
      Comparison comparison,
      EnumSet<Rule> off) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.lease = lease;
    this.voter = voter;
    this.peers = peers;
    this.comparison = comparison;
    this.off = off;
    this.leaseNanos = config.lease().toNanos();
    this.cautionNanos = leaseNanos / 10 * 11;
    this.patienceNanos = config.renewal().toNanos() / 4 * 5;
    this.freshNanos = leaseNanos / 2;
  }

  /** What was decided on or found out for an earlier view says nothing of this one. */
  public void enter(View view) {
    plan = Optional.empty();
    web.clear();
    peer.clear();
    givenUp.keySet().removeIf(id -> view.member(id.nodeId(), id.incarnation()).isEmpty());
  }

  /** Called now and then. */
  public void tick(View view) {
    if (lease.holds()) {
      join(view);
      givenUp.clear();
    } else if (holds) {
      cutNanos = OptionalLong.of(ports.clock().nanoTime());
    }
    holds = lease.holds();
    if (config.refusedMeansDead()) {
      View judged = off.contains(Rule.ALONE_ONLY_AFTER_A_LEASE) ? seated(view) : view;
      otherOfTwo(judged).filter(this::mayBeJudged).ifPresent(other -> judge(view, other));
    }
    if (!givenUp.isEmpty()) {
      giveUp(view);
    }
  }

  private void join(View view) {
    Optional<Member> other = otherOfTwo(view);
    Optional<ProcessId> before = partner;
    partner = other.map(ProcessId::of);
    if (!partner.equals(before)) {
      cutNanos = OptionalLong.empty();
    }
    if (!partner.equals(before) || !holds) {
      isCompared = false;
    }
    leaseEndNanos = ports.clock().nanoTime() + TimeUnit.MILLISECONDS.toNanos(lease.millisLeft());
    isCompared =
        isCompared || other.filter(it -> comparison.hasAllOf(view, it, cutNanos)).isPresent();
  }

  /** The connection of a process has ended, so that it is late already if it is dead. */
  public void hungUp(View view, ProcessId process) {
    hungUp = Optional.of(new HungUp(process, ports.clock().nanoTime()));
    tick(view);
  }

  /** The view, with this process in the place of the one that had its files before. */
  private View seated(View view) {
    return view.predecessor(self)
        .filter(_ -> !view.has(self))
        .map(old -> ViewPlanner.replacing(view, old, self, ports.clock().wallMillis()))
        .orElse(view);
  }

  /** The other voter, if there are exactly two, this node is one, and can serve alone. */
  private Optional<Member> otherOfTwo(View view) {
    return view.voters().size() == 2 && view.hasVoter(self) && !self.voterOnly()
        ? view.voters().stream().filter(member -> !member.isSameProcess(self)).findFirst()
        : Optional.empty();
  }

  private boolean mayBeJudged(Member other) {
    return off.contains(Rule.ALONE_ONLY_AFTER_A_LEASE)
        || partner.filter(ProcessId.of(other)::equals).isPresent();
  }

  private void judge(View view, Member other) {
    boolean isAnySilence = off.contains(Rule.REFUSALS_COUNT_IN_SILENCE);
    if (!isAnySilence && !isLate(other)) {
      web.clear();
      peer.clear();
      return;
    }
    Runnable decide =
        () -> {
          boolean isSilent = isAnySilence || peers.silenceNanos(other) > cautionNanos;
          if (isShut(other) && isSilent && !lease.holds() && voter.isFree(self)) {
            goOnWithout(view, other);
          }
        };
    knock(other, other.webAddress(), web, decide);
    knock(other, other.peerAddress(), peer, decide);
    decide.run();
  }

  /** True if it is not heard as often as it should be, or its connection ended since it was. */
  private boolean isLate(Member other) {
    long silence = peers.silenceNanos(other);
    return silence > patienceNanos
        || hungUp
            .filter(end -> end.process().equals(ProcessId.of(other)))
            .filter(end -> ports.clock().nanoTime() - end.nanos() < silence)
            .isPresent();
  }

  private boolean isShut(Member other) {
    boolean isWebShut = isShut(web, other);
    boolean isPeerShut = isShut(peer, other);
    return off.contains(Rule.BOTH_DOORS_REFUSE) ? isWebShut || isPeerShut : isWebShut && isPeerShut;
  }

  private boolean isShut(Evidence door, Member other) {
    long least = mayHaveGoneOn(door, other) ? LEASES_TO_RETURN * leaseNanos : cautionNanos;
    return door.isFor(off.contains(Rule.REFUSALS_LAST_A_LEASE) ? 0 : least)
        && door.isOfLate(ports.clock().nanoTime(), freshNanos);
  }

  /** True if the other one may have taken pushes by itself, and may come back with them. */
  private boolean mayHaveGoneOn(Evidence door, Member other) {
    boolean livedWithoutLease = door.beganAfter(leaseEndNanos + leaseNanos / 4 * 3);
    return !off.contains(Rule.ALONE_ONLY_AFTER_A_LEASE)
        && (livedWithoutLease || !isCompared)
        && !isReplaced(other);
  }

  private void goOnWithout(View view, Member other) {
    Optional<View> newest =
        ports.viewLog().newestOfTwo().filter(all -> isOfUs(view, seated(all), other));
    newest.ifPresent(
        from -> {
          if (plan.isEmpty()) {
            logger.log(
                System.Logger.Level.WARNING,
                "the other one of two voters is dead, as both of its doors refuse connections; this"
                    + " node goes on alone",
                entry("node", other.nodeId()),
                entry("web", other.webAddress()),
                entry("peer", other.peerAddress()));
          }
          refound(from, List.of(other), newest);
        });
  }

  /** True if there are the same two voters in what may have been agreed on since. */
  private boolean isOfUs(View view, View newest, Member other) {
    return newest.generation() == view.generation()
        && newest.epoch() >= view.epoch()
        && otherOfTwo(newest).filter(other::isSameProcess).isPresent();
  }

  private void knock(Member other, String address, Evidence door, Runnable decide) {
    if (door.isAsking) {
      return;
    }
    door.isAsking = true;
    long round = door.rounds;
    long asked = ports.clock().nanoTime();
    ports
        .network()
        .knock(
            address,
            outcome ->
                ports
                    .loop()
                    .schedule(
                        0,
                        () -> {
                          door.isAsking = false;
                          if (round != door.rounds) {
                            return;
                          }
                          if (outcome == Knock.REFUSED || isReplaced(other)) {
                            door.refused(asked, leaseNanos);
                            decide.run();
                          } else {
                            door.clear();
                          }
                        }));
  }

  /**
   * True if a later start of the same node says that it has both of the addresses, and came without
   * the files. One that has them can be agreed with, and may take pushes by itself until then.
   */
  private boolean isReplaced(Member other) {
    return peers.recent(leaseNanos / 2).stream()
        .map(Peers.Heard::member)
        .anyMatch(
            member ->
                member.isSameNode(other)
                    && member.storeId() != other.storeId()
                    && member.peerAddress().equals(other.peerAddress())
                    && member.webAddress().equals(other.webAddress()));
  }

  private void refound(View from, List<Member> lost, Optional<View> newest) {
    if (plan.filter(made -> made.from().equals(from)).isEmpty()) {
      plan =
          from.nextGenerationEpoch().stream()
              .mapToObj(epoch -> plan(from, lost, epoch))
              .findFirst();
    }
    plan.ifPresent(
        made -> {
          // What it granted from now on could hold when the new view comes, which knows nothing of
          // it.
          voter.withhold();
          ports.viewLog().refound(made.first(), newest);
        });
  }

  private Plan plan(View from, List<Member> lost, long epoch) {
    return new Plan(
        from,
        ViewPlanner.refounded(
            seated(from),
            self,
            lost,
            from.nextGeneration(ports.random().getAsLong()),
            epoch,
            ports.clock().wallMillis()));
  }

  /** An operator says that a member is lost for good, and with it a majority of the voters. */
  public GiveUpOutcome giveUp(View known, String nodeId) {
    View view = seated(known);
    Optional<Member> named =
        view.members().stream().filter(member -> member.nodeId().equals(nodeId)).findFirst();
    if (named.isEmpty()) {
      return new GiveUpOutcome.Refused("no member has that name: node_id=" + nodeId);
    }
    Member member = named.get();
    if (!view.has(self) || self.voterOnly()) {
      return new GiveUpOutcome.Refused(
          "this node could not go on alone, ask one that is a member and holds groups");
    }
    if (isHeard(member)) {
      return new GiveUpOutcome.Refused(
          "the member is heard, stop it first if it has to go: node_id=" + nodeId);
    }
    if (lease.holds() || hearsMajority(view)) {
      return new GiveUpOutcome.Refused(
          "a majority of the voters is heard and can forget the member without force: node_id="
              + nodeId);
    }
    if (view.nextGenerationEpoch().isEmpty()) {
      return new GiveUpOutcome.Refused(
          "the epochs of this cluster are used up: epoch=" + view.epoch());
    }
    givenUp.putIfAbsent(ProcessId.of(member), ports.clock().nanoTime());
    List<Member> unheard = unheard(view);
    return unheard.isEmpty()
        ? new GiveUpOutcome.Accepted(lost(view))
        : new GiveUpOutcome.Incomplete(unheard);
  }

  private boolean isHeard(Member member) {
    return member.isSameProcess(self) || peers.silenceNanos(member) <= leaseNanos;
  }

  private boolean hearsMajority(View view) {
    return view.voters().stream().filter(this::isHeard).count() >= view.majority();
  }

  /** Voters that are neither heard nor given up. */
  private List<Member> unheard(View view) {
    return view.voters().stream()
        .filter(member -> !isHeard(member) && !givenUp.containsKey(ProcessId.of(member)))
        .toList();
  }

  private List<Member> lost(View view) {
    var lost = new ArrayList<Member>();
    for (Member member : view.members()) {
      if (givenUp.containsKey(ProcessId.of(member))) {
        lost.add(member);
      }
    }
    return lost;
  }

  /** Does what operators said, once every lease that one of the lost may have is over. */
  private void giveUp(View known) {
    View view = seated(known);
    givenUp
        .keySet()
        .removeIf(
            id -> view.member(id.nodeId(), id.incarnation()).filter(this::isHeard).isPresent());
    long now = ports.clock().nanoTime();
    boolean isDue =
        givenUp.values().stream().allMatch(asked -> now - asked >= cautionNanos)
            && view.has(self)
            && !hearsMajority(view)
            && unheard(view).isEmpty();
    if (isDue) {
      if (plan.isEmpty()) {
        logger.log(
            System.Logger.Level.WARNING,
            "a majority of the voters is given up, as an operator said; this node founds the"
                + " cluster again",
            entry("lost", lost(view)));
      }
      refound(known, lost(view), Optional.empty());
    }
  }
}
