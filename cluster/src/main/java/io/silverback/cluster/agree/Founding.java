package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How nodes without a view found a first cluster: the one with the smallest name offers one to all
 * that it sees, and begins when all of them have taken the offer. A node takes one offer at a time,
 * so two clusters with a node in common cannot both begin. Belongs to the loop.
 */
public final class Founding {
  private static final long OFFER_NANOS = 10_000_000_000L;

  private final Member self;
  private final int expected;
  private final Clock clock;
  private final LongSupplier random;
  private final Requests.Post post;
  private final Map<ProcessId, Long> takers = new HashMap<>();
  private Optional<PeerMessage.Offer> offered = Optional.empty();
  private Optional<Taken> taken = Optional.empty();
  private Optional<View> begun = Optional.empty();

  /** An offer that this node took. */
  private record Taken(ProcessId from, long clusterId, long nanos) {}

  public Founding(Member self, int expected, Clock clock, LongSupplier random, Requests.Post post) {
    this.self = self;
    this.expected = expected;
    this.clock = clock;
    this.random = random;
    this.post = post;
  }

  /**
   * Called now and then as long as there is no view.
   *
   * @param others those that have no view either, and live
   * @return the view to begin with, once
   */
  public Optional<View> tick(List<Member> others) {
    if (begun.isPresent()) {
      // A node that missed it would wait for ever.
      begun.get().members().forEach(each -> tell(each, new PeerMessage.Begin(begun.get())));
      return Optional.empty();
    }
    var members = new ArrayList<>(others);
    members.add(self);
    members.sort(Comparator.comparing(Member::nodeId));
    boolean isTaken = taken.filter(this::isFresh).isPresent();
    if (members.size() < expected || !members.getFirst().isSameProcess(self) || isTaken) {
      return Optional.empty();
    }
    if (offered.filter(offer -> offer.members().equals(members)).isEmpty()) {
      offered = Optional.of(new PeerMessage.Offer(random.getAsLong(), members));
      takers.clear();
    }
    PeerMessage.Offer offer = offered.orElseThrow();
    takers.put(ProcessId.of(self), clock.nanoTime());
    if (members.stream().map(ProcessId::of).allMatch(this::isBound)) {
      View first = ViewPlanner.first(offer.clusterId(), members);
      begun = Optional.of(first);
      members.forEach(each -> tell(each, new PeerMessage.Begin(first)));
      return begun;
    }
    members.forEach(each -> tell(each, offer));
    return Optional.empty();
  }

  public void offered(Member from, PeerMessage.Offer offer) {
    ProcessId id = ProcessId.of(from);
    boolean isFree =
        offered.isEmpty() && taken.filter(this::isFresh).map(Taken::from).orElse(id).equals(id);
    boolean isMeant = offer.members().stream().anyMatch(self::isSameProcess);
    boolean isSmallest = from.nodeId().compareTo(self.nodeId()) < 0;
    if (begun.isEmpty() && isMeant && (isFree || (isSmallest && giveUpOffer()))) {
      taken = Optional.of(new Taken(id, offer.clusterId(), clock.nanoTime()));
      tell(from, new PeerMessage.OfferTaken(offer.clusterId()));
    }
  }

  /** An own offer that has not begun binds nobody but us. */
  private boolean giveUpOffer() {
    offered = Optional.empty();
    takers.clear();
    return taken.filter(this::isFresh).isEmpty();
  }

  public void taken(Member by, PeerMessage.OfferTaken answer) {
    if (offered.filter(offer -> offer.clusterId() == answer.clusterId()).isPresent()) {
      takers.put(ProcessId.of(by), clock.nanoTime());
    }
  }

  /**
   * The view to begin with, if it is the one whose offer was taken, by this process or by the one
   * before it: all have taken it, and a node that has begun would wait for this one for ever.
   */
  public Optional<View> begin(View first) {
    boolean isMine =
        taken.filter(offer -> offer.clusterId() == first.clusterId()).isPresent()
            || (first.predecessor(self).isPresent() && taken.filter(this::isFresh).isEmpty());
    if (begun.isEmpty() && isMine) {
      begun = Optional.of(first);
      return begun;
    }
    return Optional.empty();
  }

  /** True if it took the offer, and well before it is free to take another one. */
  private boolean isBound(ProcessId taker) {
    Long said = takers.get(taker);
    return said != null && clock.nanoTime() - said < OFFER_NANOS / 2;
  }

  private boolean isFresh(Taken offer) {
    return clock.nanoTime() - offer.nanos() < OFFER_NANOS;
  }

  private void tell(Member to, PeerMessage message) {
    if (!to.isSameProcess(self)) {
      post.send(to, message);
    }
  }
}
