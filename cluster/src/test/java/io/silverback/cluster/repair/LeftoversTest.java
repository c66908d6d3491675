package io.silverback.cluster.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.Rule;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.ViewPlanner;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Fences;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One of three nodes, with a group that the other two should hold. */
final class LeftoversTest {
  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final Member self = TestViews.member("c", 3, 3);
  private final ClusterConfig config = ClusterConfig.standard(3);
  private final View view = ViewPlanner.first(7, List.of(a, b, self));
  private final HandPorts hand = new HandPorts();
  private final NotedStore store = new NotedStore();
  private final List<PeerMessage> posted = new ArrayList<>();
  private final List<Member> receivers = new ArrayList<>();
  private final Requests requests =
      new Requests(
          hand.time,
          (to, message) -> {
            receivers.add(to);
            return posted.add(message);
          });
  private final Side side = new Side(self);
  private boolean isLeased = true;

  /** The parts of one of the nodes. */
  private final class Side {
    private final Led led;
    private final Fences fences = new Fences();
    private final Shares shares = new Shares(config.replicationFactor());
    private final AntiEntropy antiEntropy;
    private final Leftovers leftovers;

    Side(Member node) {
      ClusterPorts ports = hand.with(store);
      EnumSet<Rule> off = EnumSet.noneOf(Rule.class);
      var events = new EventCounts();
      led = new Led(node, () -> 0);
      antiEntropy = new AntiEntropy(node, ports, requests, led, shares, off, events);
      var history =
          new HistoryMove(node, ports, requests, led, shares, (_, _) -> true, off, events);
      leftovers =
          new Leftovers(
              config,
              node,
              ports,
              requests,
              led,
              shares,
              fences,
              antiEntropy,
              history,
              (_, leader) -> leader.equals(a),
              () -> isLeased,
              off,
              events);
      led.enter(view);
      led.takeOver(led.pending());
      fences.enter(view);
      shares.enter(view);
      antiEntropy.enter(view);
      leftovers.enter(view);
      history.tick(view);
      hand.time.settle();
      posted.clear();
      receivers.clear();
    }
  }

  @Test
  void aGroupIsForgottenOnceAllThatShouldHoldItHaveIt() {
    begin();
    assertEquals(List.of(a, b), receivers.stream().sorted(this::byName).toList());
    answerSettled(_ -> true);
    assertEquals(4, posted.size(), "both are compared with");
    answerDigests();
    assertEquals(List.of("forgotten 1"), store.events);
  }

  @Test
  void itStaysIfOneOfThemCannotDoWithout() {
    begin();
    answerSettled(member -> member.equals(a));
    assertEquals(List.of(), store.events);
    assertEquals(1, side.leftovers.slots());
  }

  @Test
  void itStaysIfOneOfThemIsSilent() {
    begin();
    var first = (PeerMessage.AskSettled) posted.getFirst();
    requests.answered(new PeerMessage.Settled(first.id(), first.slots()));
    for (int i = 0; i < 6; i++) {
      hand.time.pass(1_000);
      hand.time.settle();
    }
    assertEquals(List.of(), store.events);
  }

  @Test
  void itStaysWhileTheViewIsYoung() {
    hold();
    side.leftovers.tick(view);
    hand.time.settle();
    assertEquals(List.of(), posted);
    assertEquals(1, side.leftovers.slots());
  }

  @Test
  void itStaysIfTheLeaseIsLostMeanwhile() {
    begin();
    answerSettled(_ -> true);
    isLeased = false;
    answerDigests();
    assertEquals(List.of(), store.events);
  }

  @Test
  void itStaysIfAnotherNodeComparesMeanwhile() {
    begin();
    answerSettled(_ -> true);
    side.leftovers.asked(slots());
    answerDigests();
    assertEquals(List.of(), store.events);
  }

  @Test
  void itStaysWhileAnotherNodeHasAHorizonRaised() {
    hold();
    BitSet slots = slots();
    side.leftovers.hold(slots);
    look();
    assertEquals(List.of(), posted);
    side.leftovers.letGo(slots);
    look();
    assertEquals(2, posted.size());
  }

  @Test
  void itStaysIfAnotherNodeLeadsMeanwhile() {
    begin();
    answerSettled(_ -> true);
    side.fences.raise(slots(), List.of(2L));
    answerDigests();
    assertEquals(List.of(), store.events);
  }

  @Test
  void aLaterViewEndsTheWork() {
    begin();
    answerSettled(_ -> true);
    side.leftovers.enter(TestViews.view(2, 7, List.of(a, b, self)));
    answerDigests();
    assertEquals(List.of(), store.events);
  }

  @Test
  void aLeaderCountsNoMoreOnACopyThatMayGo() {
    var leader = new Side(a);
    // What the other node is found to have, of all that it should hold.
    leader.antiEntropy.tick(view);
    hand.time.settle();
    answerDigests();
    BitSet mine = view.slots().ledBy(a);
    assertTrue(leader.antiEntropy.isCopied(b, mine));
    BitSet shared = mine;
    shared.and(leader.shares.of(b));
    var some = new BitSet();
    some.set(shared.nextSetBit(0));

    assertEquals(new BitSet(), leader.leftovers.settled(view, b, question(2, some)));
    assertTrue(leader.antiEntropy.isCopied(b, mine), "not of that view");
    leader.shares.prepare(Map.of(b, some));
    assertEquals(new BitSet(), leader.leftovers.settled(view, b, question(1, some)));
    assertTrue(leader.antiEntropy.isCopied(b, mine), "it is to lead them next");
    leader.shares.prepare(Map.of());
    assertEquals(some, leader.leftovers.settled(view, b, question(1, some)));
    assertFalse(leader.antiEntropy.isCopied(b, mine));
  }

  private static PeerMessage.AskSettled question(long epoch, BitSet slots) {
    return new PeerMessage.AskSettled(1, epoch, slots);
  }

  private void hold() {
    byte[] key =
        IntStream.range(0, 1_000)
            .mapToObj(number -> NotedStore.bytes("g" + number))
            .filter(each -> !isMine(HashRing.slotOf(each)))
            .findFirst()
            .orElseThrow();
    store.leftovers = List.of(new Entry(key, 1, new Version(1, 1, 1)));
  }

  private boolean isMine(int slot) {
    return side.shares.of(self).get(slot) || side.led.leads(slot);
  }

  private BitSet slots() {
    return store.leftovers.stream()
        .map(entry -> HashRing.slotOf(entry.key()))
        .collect(BitSet::new, BitSet::set, BitSet::or);
  }

  private void begin() {
    hold();
    look();
    assertEquals(2, posted.size());
  }

  /** When the view has stayed for long enough. */
  private void look() {
    hand.time.pass(config.stability().toMillis());
    side.leftovers.tick(view);
    hand.time.settle();
  }

  private void answerSettled(Predicate<Member> isSettled) {
    Map<ProcessId, PeerMessage.AskSettled> asked =
        IntStream.range(0, posted.size())
            .boxed()
            .collect(
                Collectors.toMap(
                    i -> ProcessId.of(receivers.get(i)),
                    i -> (PeerMessage.AskSettled) posted.get(i)));
    for (Member member : List.of(a, b)) {
      PeerMessage.AskSettled question = Objects.requireNonNull(asked.get(ProcessId.of(member)));
      requests.answered(
          new PeerMessage.Settled(
              question.id(), isSettled.test(member) ? question.slots() : new BitSet()));
    }
    hand.time.settle();
  }

  /** All hold the same. */
  private void answerDigests() {
    for (PeerMessage message : List.copyOf(posted)) {
      if (message instanceof PeerMessage.AskDigests(long id, BitSet slots, _)) {
        int count = slots.cardinality();
        requests.answered(
            new PeerMessage.Digests(
                id, Collections.nCopies(count, 0L), Collections.nCopies(count, Version.NEVER)));
      }
    }
    hand.time.settle();
  }

  private int byName(Member one, Member other) {
    return one.nodeId().compareTo(other.nodeId());
  }
}
