package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Standing;
import io.silverback.cluster.repair.AntiEntropy;
import io.silverback.cluster.repair.TakeOver;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Whether a node should get requests. Ready means safe: nothing that this node's absence took from
 * the cluster is still missing, so that a rolling restart may go on to the next node. {@link
 * #whyNot} may be asked by any thread, the rest belongs to the loop.
 *
 * <p>A node that comes back cannot know that by itself: its own log may be from before it was
 * removed, and who leads a slot knows what the others hold of it. So the others say how it stands
 * with them, and it waits until they all agree. Once ready it stays so while it is a member: what
 * others took from the cluster is not its fault, and must not take a healthy node from a balancer.
 */
public final class Readiness {
  private static final String NOTHING_HEARD = "waiting for a vote in the log of the views";

  private final ClusterConfig config;
  private final Member self;
  private final ViewLog viewLog;
  private final Lease lease;
  private final Led led;
  private final Supplier<Optional<TakeOver.Stuck>> takeOver;
  private final Shares shares;
  private final AntiEntropy antiEntropy;
  private final EpochFloor epochs;
  private final EnumSet<Rule> off;
  private final Clock clock;
  private final Map<ProcessId, Heard> standings = new HashMap<>();
  private volatile Optional<String> missing = Optional.of(NOTHING_HEARD);
  private volatile Optional<String> stuck = Optional.empty();
  private int returns = -1;
  private final Repeated<Standing> told;
  private long ledEpoch;
  private BitSet ledByView = new BitSet();

  private record Heard(Standing standing, long nanos) {}

  public Readiness(
      ClusterConfig config,
      Member self,
      ViewLog viewLog,
      Lease lease,
      Led led,
      Supplier<Optional<TakeOver.Stuck>> takeOver,
      Shares shares,
      AntiEntropy antiEntropy,
      EpochFloor epochs,
      Clock clock,
      EnumSet<Rule> off) {
    this.config = config;
    this.self = self;
    this.viewLog = viewLog;
    this.lease = lease;
    this.led = led;
    this.takeOver = takeOver;
    this.shares = shares;
    this.antiEntropy = antiEntropy;
    this.epochs = epochs;
    this.clock = clock;
    this.told = new Repeated<>(clock, config.lease().toNanos() / 4 * 3);
    this.off = off;
  }

  /** How another member of the view stands with this one; empty if it was told so a while ago. */
  public Optional<Standing> news(View view, Member other) {
    return Optional.of(standingOf(view, other))
        .filter(standing -> told.isDue(ProcessId.of(other), standing));
  }

  private Standing standingOf(View view, Member other) {
    if (ledEpoch != view.epoch()) {
      ledEpoch = view.epoch();
      ledByView = view.slots().ledBy(self);
    }
    Optional<ViewLog.Agreed> agreed = viewLog.agreed();
    EpochFloor.Met above = epochs.above(view);
    return new Standing(
        view.epoch(),
        antiEntropy.isCopied(other, ledByView),
        agreed.map(ViewLog.Agreed::index).orElse(0L),
        agreed.map(ViewLog.Agreed::voters).orElse(List.of()),
        above.slot(),
        above.epoch());
  }

  /** How this node stands with another member. */
  public void heard(ProcessId from, Standing standing) {
    standings.put(from, new Heard(standing, clock.nanoTime()));
    epochs.met(standing.slot(), standing.floor());
  }

  /** Called after each view, and now and then. */
  public void look(Optional<View> view) {
    int now = view.flatMap(each -> each.seatOf(self)).map(View.Seat::returns).orElse(-1);
    if (now != returns) {
      // It came, or was removed and came back, maybe without having heard of that.
      returns = now;
      standings.clear();
      missing = Optional.of(NOTHING_HEARD);
    }
    if (now < 0) {
      return;
    }
    stuck = takeOver.get().map(Readiness::sentence);
    standings.keySet().removeIf(id -> view.get().member(id.nodeId(), id.incarnation()).isEmpty());
    if (missing.isPresent()) {
      missing = off.contains(Rule.READY_MEANS_SAFE) ? ownOpinion(view.get()) : missing(view.get());
    }
  }

  private static String sentence(TakeOver.Stuck stuck) {
    return "this node is to lead slots whose groups cannot be stored here: slots="
        + stuck.slots().cardinality()
        + " reason="
        + stuck.reason();
  }

  /** What a node would think of itself, by a log that may be an old one. */
  private Optional<String> ownOpinion(View view) {
    boolean counted =
        view.hasVoter(self)
            ? viewLog.libraryVoters().contains(self.storeId())
            : ViewPlanner.nextVoter(view).isEmpty();
    return counted ? Optional.empty() : missing;
  }

  private Optional<String> missing(View view) {
    Optional<Member> next = ViewPlanner.nextVoter(view);
    if (next.isPresent()) {
      return Optional.of("waiting until a node has its vote: node_id=" + next.get().nodeId());
    }
    if (!logCountsAllVoters(view)) {
      return Optional.of("waiting until the log of the views counts all voters, and is here");
    }
    if (!led.pending().isEmpty()) {
      return Optional.of("waiting until all slots are taken over that this node is to lead");
    }
    return uncopied(view)
        .map(member -> "waiting for copies of groups: from_node_id=" + member.nodeId());
  }

  /** True if the log has the voters of the view and no others, and this node has it so far. */
  private boolean logCountsAllVoters(View view) {
    List<Long> voters = view.voters().stream().map(Member::storeId).sorted().toList();
    Stream<ViewLog.Agreed> heard =
        standings.values().stream()
            .map(Heard::standing)
            .filter(said -> said.epoch() == view.epoch())
            .map(said -> new ViewLog.Agreed(said.index(), said.voters()));
    return Stream.concat(viewLog.agreed().stream(), heard)
        .filter(agreed -> agreed.voters().stream().sorted().toList().equals(voters))
        // One that does not vote has no log.
        .anyMatch(agreed -> !view.hasVoter(self) || viewLog.reaches(agreed.index()));
  }

  /** A member that leads slots of which this node should have copies and may not. */
  private Optional<Member> uncopied(View view) {
    return view.members().stream()
        .filter(member -> !member.isSameProcess(self) && leadsOfMine(view, member))
        .filter(member -> !hasCopiesOf(view, member))
        .findFirst();
  }

  /** True if a member has said of that view that this node holds its share of what it leads. */
  public boolean hasCopiesOf(View view, Member leader) {
    return hasCopiesOf(view, leader, OptionalLong.empty());
  }

  /**
   * The same, and it said so after some moment.
   *
   * @param after in nanoseconds of the clock; empty for any time
   */
  public boolean hasCopiesOf(View view, Member leader, OptionalLong after) {
    Heard heard = standings.get(ProcessId.of(leader));
    return heard != null
        && heard.standing().epoch() == view.epoch()
        && heard.standing().copied()
        && (after.isEmpty() || heard.nanos() - after.getAsLong() > 0);
  }

  private boolean leadsOfMine(View view, Member member) {
    BitSet led = view.slots().ledBy(member);
    return led.intersects(shares.of(self));
  }

  /**
   * Empty if it should.
   *
   * @param view the newest one
   * @param peers how many other nodes gossip believes to live
   */
  public Optional<String> whyNot(Optional<View> view, int peers) {
    if (view.isEmpty()) {
      return Optional.of(
          "waiting for a cluster: nodes seen="
              + (peers + 1)
              + " expected="
              + config.bootstrapExpect());
    }
    if (!view.get().has(self)) {
      return Optional.of("waiting to be admitted to the cluster" + namesake(view.get()));
    }
    return lease.holds()
        ? missing.or(() -> stuck)
        : Optional.of("no contact with a majority of voters");
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
