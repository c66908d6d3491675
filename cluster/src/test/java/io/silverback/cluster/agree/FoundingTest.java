package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.Begin;
import io.silverback.cluster.message.PeerMessage.Offer;
import io.silverback.cluster.message.PeerMessage.OfferTaken;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FoundingTest {
  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final Member c = TestViews.member("c", 3, 3);
  private final HandTime time = new HandTime();
  private final Map<Member, Founding> nodes = new LinkedHashMap<>();
  private final Map<Member, List<View>> begun = new LinkedHashMap<>();
  private final Queue<Sent> underWay = new ArrayDeque<>();
  private final Set<Member> cutOff = new HashSet<>();
  private long clusterId = 100;

  private record Sent(Member from, Member to, PeerMessage message) {}

  @Test
  void nodesThatSeeOneAnotherFoundOneCluster() {
    start(3, a, b, c);
    tick(c, a, b);
    tick(b, a, c);
    deliver();
    assertEquals(Map.of(a, List.of(), b, List.of(), c, List.of()), begun);
    tick(a, b, c);
    deliver();
    tick(a, b, c);
    deliver();
    View first = begun(a).getFirst();
    assertEquals(List.of(a, b, c), first.members());
    assertEquals(Map.of(a, List.of(first), b, List.of(first), c, List.of(first)), begun);
  }

  @Test
  void aLoneNodeFoundsIfItIsToBeAlone() {
    start(1, a);
    tick(a);
    assertEquals(List.of(a), begun(a).getFirst().members());
  }

  @Test
  void fewerThanExpectedFoundNothing() {
    start(3, a, b);
    tick(a, b);
    assertTrue(underWay.isEmpty());
  }

  @Test
  void aWordThatWasGivenLongAgoBindsNobody() {
    start(3, a, b, c);
    cutOff.add(c);
    tick(a, b, c);
    deliver();
    cutOff.add(b);
    cutOff.remove(c);
    time.pass(6_000);
    for (int i = 0; i < 20; i++) {
      time.pass(400);
      tick(a, b, c);
      deliver();
    }
    assertEquals(List.of(), begun(a));
  }

  @Test
  void nobodyBeginsBeforeAllHaveTakenTheOffer() {
    start(3, a, b, c);
    cutOff.add(c);
    for (int i = 0; i < 20; i++) {
      tick(a, b, c);
      deliver();
      time.pass(400);
    }
    assertEquals(Map.of(a, List.of(), b, List.of(), c, List.of()), begun);
    cutOff.clear();
    tick(a, b, c);
    deliver();
    tick(a, b, c);
    deliver();
    assertEquals(1, begun(c).size());
  }

  @Test
  void aNodeTakesOneOfferAtATime() {
    start(2, b);
    node(b).offered(a, new Offer(7, List.of(a, b)));
    assertEquals(7, taken());
    node(b).offered(c, new Offer(8, List.of(b, c)));
    assertEquals(0, taken());
    // That of the same node is the same offer, or the one that replaces it.
    node(b).offered(a, new Offer(9, List.of(a, b)));
    assertEquals(9, taken());
    time.pass(10_000);
    node(b).offered(c, new Offer(8, List.of(b, c)));
    assertEquals(8, taken());
  }

  @Test
  void anOfferWithoutThisProcessIsNotTaken() {
    start(2, b);
    node(b).offered(a, new Offer(7, List.of(a, TestViews.member("b", 22, 2))));
    assertEquals(0, taken());
  }

  /** One has begun, and the others were started again before they heard of it. */
  @Test
  void whoIsStartedAgainBeginsWhatItsLastProcessTook() {
    start(2, a, b);
    tick(a, b);
    deliver();
    cutOff.add(b);
    tick(a, b);
    deliver();
    View first = begun(a).getFirst();
    Member again = TestViews.member("b", 22, 2);
    start(2, again);
    Member other = TestViews.member("b", 33, 9);
    start(2, other);
    assertEquals(Optional.empty(), node(other).begin(first), "has other files");
    assertEquals(Optional.of(first), node(again).begin(first));
    assertEquals(Optional.empty(), node(again).begin(first));
  }

  @Test
  void whoOffersGivesWayToASmallerNameOnly() {
    start(2, b, c);
    tick(b, c);
    underWay.clear();
    node(b).offered(c, new Offer(8, List.of(b, c)));
    assertEquals(0, taken());
    node(b).offered(a, new Offer(7, List.of(a, b)));
    assertEquals(7, taken());
    // Its own offer is void now, also for those that take it late.
    node(b).taken(c, new OfferTaken(101));
    tick(b, c);
    assertEquals(List.of(), begun(b));
  }

  @Test
  void whoHasTakenAnOfferMakesNone() {
    start(2, b, c);
    node(b).offered(a, new Offer(7, List.of(a, b)));
    underWay.clear();
    tick(b, c);
    assertTrue(underWay.isEmpty());
    time.pass(10_000);
    tick(b, c);
    assertEquals(1, underWay.size());
  }

  @Test
  void takersOfAnotherOfferDoNotCount() {
    start(2, a, b, c);
    tick(a, b);
    node(a).taken(b, new OfferTaken(999));
    tick(a, b);
    assertEquals(List.of(), begun(a));
    // As it sees one more now, it has to ask anew.
    node(a).taken(b, new OfferTaken(101));
    tick(a, b, c);
    assertEquals(List.of(), begun(a));
  }

  @Test
  void nobodyBeginsWithAnOfferThatItDidNotTake() {
    start(2, b);
    View first = ViewPlanner.first(7, List.of(a, b));
    assertTrue(node(b).begin(first).isEmpty());
    node(b).offered(a, new Offer(7, List.of(a, b)));
    assertTrue(node(b).begin(ViewPlanner.first(8, List.of(b, c))).isEmpty());
    assertEquals(first, node(b).begin(first).orElseThrow());
    assertTrue(node(b).begin(first).isEmpty());
  }

  @Test
  void whoMissedTheBeginHearsOfItAgain() {
    start(2, a, b);
    tick(a, b);
    deliver();
    cutOff.add(b);
    tick(a, b);
    deliver();
    assertEquals(List.of(), begun(b));
    cutOff.clear();
    tick(a, b);
    deliver();
    assertEquals(begun(a), begun(b));
  }

  private void start(int expected, Member... members) {
    for (Member member : members) {
      nodes.put(
          member,
          new Founding(
              member,
              expected,
              time,
              () -> ++clusterId,
              (to, message) -> underWay.add(new Sent(member, to, message))));
      begun.put(member, new ArrayList<>());
    }
  }

  private Founding node(Member member) {
    return Objects.requireNonNull(nodes.get(member));
  }

  private List<View> begun(Member member) {
    return Objects.requireNonNull(begun.get(member));
  }

  private void tick(Member member, Member... others) {
    node(member).tick(List.of(others)).ifPresent(begun(member)::add);
  }

  /** What a node was answered last, 0 for nothing; forgets the rest. */
  private long taken() {
    long taken = 0;
    for (Sent sent : underWay) {
      taken = sent.message() instanceof OfferTaken(long id) ? id : taken;
    }
    underWay.clear();
    return taken;
  }

  private void deliver() {
    while (!underWay.isEmpty()) {
      Sent sent = underWay.remove();
      if (!cutOff.contains(sent.from()) && !cutOff.contains(sent.to())) {
        Founding to = node(sent.to());
        switch (sent.message()) {
          case Offer offer -> to.offered(sent.from(), offer);
          case OfferTaken answer -> to.taken(sent.from(), answer);
          case Begin begin -> to.begin(begin.first()).ifPresent(begun(sent.to())::add);
          default -> throw new IllegalStateException("not of a founding: message=" + sent);
        }
      }
    }
  }
}
