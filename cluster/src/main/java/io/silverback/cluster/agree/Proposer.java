package io.silverback.cluster.agree;

import static java.util.Map.entry;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.View.Removed;
import io.silverback.cluster.View.Seat;
import io.silverback.cluster.Wish;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.Released;
import io.silverback.cluster.repair.Room;
import io.silverback.cluster.slots.LapseBoard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.stream.Stream;

/**
 * Proposes the next view where this node is the one that should: without members that fell silent,
 * with those that came. One change at a time; the voters change at most once in a lease, and only
 * when all of them know of the last change, so that two majorities always have a voter in common.
 * Belongs to the loop.
 */
public final class Proposer {
  private static final System.Logger logger = System.getLogger(Proposer.class.getName());

  private static final Duration REMEMBER_REMOVED = Duration.ofMinutes(10);
  private static final int MOST_DOUBLINGS = 6;
  private static final int MOST_LEAVING = 1_000;
  private static final int UNSCRAPED_STABILITIES = 4;

  private final ClusterConfig config;
  private final Member self;
  private final ClusterPorts ports;
  private final Peers peers;
  private final LapseBoard board;
  private final EpochFloor epochs;
  private final Room room;

  /** Those that said farewell. They may be heard on for a while, and never come back. */
  private final SequencedSet<PeerMessage.ProcessId> leaving = new LinkedHashSet<>();

  private final Map<PeerMessage.ProcessId, Long> seatedNanos = new HashMap<>();

  /** What members have released, for the view that each knew then. */
  private final Map<PeerMessage.ProcessId, Released> released = new HashMap<>();

  private final Wishes wishes;
  private final Doubles doubles;
  private final long leaseNanos;
  private long votersChangedNanos;
  private List<Long> voters = List.of();
  private boolean proposed;
  private long proposedNanos;

  public Proposer(
      ClusterConfig config,
      Member self,
      ClusterPorts ports,
      Peers peers,
      LapseBoard board,
      EpochFloor epochs,
      Room room) {
    this.config = config;
    this.self = self;
    this.ports = ports;
    this.peers = peers;
    this.board = board;
    this.epochs = epochs;
    this.room = room;
    this.leaseNanos = config.lease().toNanos();
    this.wishes = new Wishes(ports.clock());
    this.doubles = new Doubles(self, peers);
    this.votersChangedNanos = ports.clock().nanoTime();
  }

  public void enter(View view) {
    long now = ports.clock().nanoTime();
    List<Long> stores = view.voters().stream().map(Member::storeId).toList();
    if (!stores.equals(voters)) {
      voters = stores;
      votersChangedNanos = now;
    }
    proposed = false;
    released.values().removeIf(said -> said.epoch() < view.epoch());
    var seated = view.members().stream().map(PeerMessage.ProcessId::of).toList();
    seated.forEach(id -> seatedNanos.putIfAbsent(id, now));
    seatedNanos.keySet().retainAll(seated);
    released.keySet().retainAll(seated);
  }

  /** The member asked to be left out. */
  public void leaves(Member member) {
    leaving.add(PeerMessage.ProcessId.of(member));
    if (leaving.size() > MOST_LEAVING) {
      leaving.removeFirst();
    }
  }

  /** A member of the view has released slots. */
  public void released(PeerMessage.ProcessId from, Released said) {
    released.put(from, said);
  }

  /** An operator wants something; it is forgotten if it cannot be done soon. */
  public void wish(View view, Wish wish) {
    if (wish instanceof Wish.Forget(var nodeId)) {
      view.members().stream()
          .filter(member -> member.nodeId().equals(nodeId) && !isHeard(member))
          .forEach(this::leaves);
    } else {
      wishes.add(view, wish);
    }
  }

  /** Called now and then. */
  public void tick(View view) {
    ports.viewLog().heard(present().filter(view::has).toList());
    doubles.tell(view, strangers(view));
    // Even if the view is without this node since: nobody else could take it out of the log.
    if (!ports.viewLog().isProposer()) {
      return;
    }
    if (view.voters().stream().allMatch(this::isHeard)) {
      // Not while one is silent: those that the view dropped may be needed to drop it, too.
      ports.viewLog().reconcile(view.voters());
    }
    long now = ports.clock().nanoTime();
    if (proposed && now - proposedNanos < leaseNanos / 2) {
      return;
    }
    List<ViewPlanner.Handed> handed = handed(view);
    next(view)
        .or(() -> handed.isEmpty() ? Optional.empty() : Optional.of(ViewPlanner.again(view)))
        .map(next -> ViewPlanner.handingOver(ViewPlanner.sparing(next, room.full()), handed))
        // It may change nothing else: all slots would count as new, also for members without room.
        .or(() -> raised(view))
        .or(() -> stuck(view))
        .or(() -> forgettable(view).map(gone -> ViewPlanner.forgetting(view, gone)))
        .ifPresent(
            next -> {
              proposed = true;
              proposedNanos = now;
              ports.viewLog().propose(next);
            });
  }

  /** This process and those that are heard, of the view or not. */
  private Stream<Member> present() {
    return Stream.concat(
        Stream.of(self), peers.recent(leaseNanos / 2).stream().map(Peers.Heard::member));
  }

  private boolean isHeard(Member member) {
    return member.isSameProcess(self) || peers.silenceNanos(member) <= leaseNanos / 2;
  }

  /** What was released by leaders that know of this view, for members of it. */
  private List<ViewPlanner.Handed> handed(View view) {
    var handed = new ArrayList<ViewPlanner.Handed>();
    released.forEach(
        (id, said) ->
            said.shares().stream()
                .filter(_ -> said.epoch() == view.epoch())
                .forEach(
                    share ->
                        view.member(id.nodeId(), id.incarnation())
                            .ifPresent(
                                from ->
                                    view.member(share.to().nodeId(), share.to().incarnation())
                                        .ifPresent(
                                            to ->
                                                handed.add(
                                                    new ViewPlanner.Handed(
                                                        from, to, share.slots()))))));
    return handed;
  }

  /** Slots that wait for room at a member go to others that have room. */
  private Optional<View> stuck(View view) {
    Map<PeerMessage.ProcessId, BitSet> full = room.full();
    if (full.values().stream().allMatch(BitSet::isEmpty)) {
      return Optional.empty();
    }
    View next = ViewPlanner.sparing(ViewPlanner.again(view), full);
    return next.slots().equals(view.slots()) ? Optional.empty() : Optional.of(next);
  }

  private Optional<View> next(View view) {
    long wallMillis = ports.clock().wallMillis();
    return restarted(view)
        .map(
            member ->
                ViewPlanner.replacing(
                    view, view.predecessor(member).orElseThrow(), member, wallMillis))
        // A member that comes back may hold what a silent one held, so it is asked before that one
        // goes.
        .or(() -> newcomer(view).map(member -> ViewPlanner.with(view, member)))
        .or(() -> silent(view).map(member -> without(view, member, wallMillis)))
        .or(() -> wishes.granted(view))
        .or(() -> nextVoter(view).map(member -> ViewPlanner.withVoter(view, member)))
        .or(() -> proven(view).map(member -> ViewPlanner.withLeader(view, member)));
  }

  private View without(View view, Member member, long wallMillis) {
    return leaving.contains(PeerMessage.ProcessId.of(member))
        ? ViewPlanner.leaving(view, member, wallMillis)
        : ViewPlanner.without(view, member, wallMillis);
  }

  /** A process that goes on with the files of a member; the one before it has ended. */
  private Optional<Member> restarted(View view) {
    return present()
        .filter(member -> !view.has(member))
        .filter(member -> view.predecessor(member).filter(this::hasEnded).isPresent())
        .findFirst();
  }

  /** One that is heard lives on, and the process that has its files works in a copy of them. */
  private boolean hasEnded(Member member) {
    return !member.isSameProcess(self)
        && (leaving.contains(PeerMessage.ProcessId.of(member))
            || peers.silenceNanos(member) > leaseNanos / 2);
  }

  /** A member that has not been heard of for a lease, or that a newer start replaces. */
  private Optional<Member> silent(View view) {
    if (!hearsMajority(view)) {
      return Optional.empty();
    }
    return view.members().stream()
        .filter(member -> !member.isSameProcess(self))
        .filter(member -> isGone(view, member))
        .filter(member -> !view.hasVoter(member) || mayChangeVoters(view, member))
        .filter(member -> !view.voters().equals(List.of(member)))
        .findFirst();
  }

  /**
   * True if this node is not the one that is cut off. The list of the log may be behind that of the
   * view: then it could do alone what the others would never hear of.
   */
  private boolean hearsMajority(View view) {
    var voters = new HashSet<>(ports.viewLog().libraryVoters());
    view.voters().forEach(voter -> voters.add(voter.storeId()));
    var heard = new HashSet<Long>();
    heard.add(self.storeId());
    peers.recent(leaseNanos).forEach(peer -> heard.add(peer.member().storeId()));
    heard.retainAll(voters);
    return 2 * heard.size() > voters.size();
  }

  private boolean isGone(View view, Member member) {
    long now = ports.clock().nanoTime();
    long seated = now - seatedNanos.getOrDefault(PeerMessage.ProcessId.of(member), now);
    long silence = Math.min(seated, peers.silenceNanos(member));
    boolean isReplaced =
        silence > leaseNanos / 2
            && peers.recent(leaseNanos / 2).stream()
                .anyMatch(heard -> heard.member().isSameNode(member) && !view.has(heard.member()));
    return silence > leaseNanos || isReplaced || leaving.contains(PeerMessage.ProcessId.of(member));
  }

  /** Who is here and has no seat; this node, too, if the view is without it. */
  private List<Member> strangers(View view) {
    return present()
        .filter(member -> !view.has(member))
        .filter(member -> !leaving.contains(PeerMessage.ProcessId.of(member)))
        .toList();
  }

  private Optional<Member> newcomer(View view) {
    return strangers(view).stream().filter(member -> !Doubles.isOne(view, member)).findFirst();
  }

  private Optional<Member> nextVoter(View view) {
    return ViewPlanner.nextVoter(view)
        .filter(
            member ->
                mayChangeVoters(view, member)
                    && peers.of(member).filter(heard -> heard.epoch() == view.epoch()).isPresent());
  }

  /** True if all voters but that one know the view, and the last change is long enough ago. */
  private boolean mayChangeVoters(View view, Member member) {
    boolean known =
        view.voters().stream()
            .filter(voter -> !voter.isSameProcess(member) && !voter.isSameProcess(self))
            .allMatch(
                voter ->
                    peers.of(voter).filter(heard -> heard.epoch() == view.epoch()).isPresent());
    long now = ports.clock().nanoTime();
    return now - votersChangedNanos > leaseNanos / 10 * 11 && (known || isFirst(view, member));
  }

  /** Where a voter is silent, too, waiting for it would let one loss stop the next one's repair. */
  private boolean isFirst(View view, Member member) {
    long alive =
        view.voters().stream()
            .filter(voter -> !voter.isSameProcess(member) && !voter.isSameProcess(self))
            .filter(voter -> peers.silenceNanos(voter) <= leaseNanos)
            .filter(
                voter -> peers.of(voter).filter(heard -> heard.epoch() == view.epoch()).isPresent())
            .count();
    boolean votes =
        view.hasVoter(self) || view.predecessor(self).filter(view::hasVoter).isPresent();
    return alive + (votes ? 1 : 0) >= view.majority();
  }

  /**
   * The same view above what an earlier cluster left in a store, if its slot is led from before.
   */
  private Optional<View> raised(View view) {
    EpochFloor.Met above = epochs.above(view);
    if (above.epoch() == 0) {
      return Optional.empty();
    }
    View raised = view.raised(Math.max(view.epoch(), above.epoch()) + 1);
    logger.log(
        System.Logger.Level.WARNING,
        "groups of an earlier cluster are stored, epochs are raised above theirs",
        entry("slot", above.slot()),
        entry("stored_epoch", above.epoch()),
        entry("epoch", raised.epoch()));
    return Optional.of(raised);
  }

  private Optional<Member> proven(View view) {
    long now = ports.clock().nanoTime();
    return view.seats().stream()
        .filter(seat -> !seat.mayLead())
        .filter(
            seat -> {
              long since = seatedNanos.getOrDefault(PeerMessage.ProcessId.of(seat.member()), now);
              return now - since > stabilityNanos(seat);
            })
        .map(Seat::member)
        .findFirst();
  }

  /**
   * How long it has to stay from now on until it may lead. One that is new may lead earlier, as
   * soon as it is scraped: before that, what it leads would be seen by nobody.
   */
  public long stabilityNanos(Seat seat) {
    if (seat.returns() == 0) {
      return UNSCRAPED_STABILITIES * config.stability().toNanos();
    }
    int doublings = Math.clamp(seat.returns() - 1, 0, MOST_DOUBLINGS);
    return config.stability().toNanos() << doublings;
  }

  private Optional<List<Removed>> forgettable(View view) {
    long before = ports.clock().wallMillis() - REMEMBER_REMOVED.toMillis();
    List<Removed> old =
        view.removed().stream()
            .filter(gone -> gone.wallMillis() < before && board.hasLapsed(view, gone.member()))
            .toList();
    return old.isEmpty() ? Optional.empty() : Optional.of(old);
  }
}
