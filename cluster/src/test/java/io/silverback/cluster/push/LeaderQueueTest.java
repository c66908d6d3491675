package io.silverback.cluster.push;

import static io.silverback.cluster.NotedStore.bytes;
import static io.silverback.cluster.NotedStore.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.ReplicaStore;
import io.silverback.cluster.ReplicaStore.Update;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.agree.Peers;
import io.silverback.cluster.agree.Voter;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.Heartbeat;
import io.silverback.cluster.message.PeerMessage.ProbeAnswer;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Question;
import io.silverback.cluster.message.PeerMessage.Replicate;
import io.silverback.cluster.message.PeerMessage.Replicated;
import io.silverback.cluster.message.PeerMessage.Replicated.Receipt;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.push.LeaderQueue.Result;
import io.silverback.cluster.simulation.SimWorld;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.cluster.slots.WaitingPushes;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Node {@code a} leads all slots, node {@code b} is the only other one and answers by hand.
 *
 * <p>Longer than other classes: all cases share the two nodes.
 */
public final class LeaderQueueTest {
  private static final long BUDGET = 8 * SimWorld.SECOND;

  private final ClusterConfig config = ClusterConfig.standard(2);
  private final Member self = TestViews.member("a", 1, 1);
  private final Member other = TestViews.member("b", 2, 2);
  private final HandPorts world = new HandPorts();
  private final HandTime time = world.time;
  private final NotedStore store = new NotedStore();
  private final ClusterPorts ports = world.with(store);
  private final List<String> events = store.events;
  private final List<Question> asked = new ArrayList<>();
  private final List<Member> missed = new ArrayList<>();
  private final List<Member> receivers = new ArrayList<>();
  private final List<Version> versions = store.versions;
  private final Requests requests = new Requests(time, this::post);
  private final Lease lease = new Lease(time, config.lease());
  private final Led led = new Led(self, () -> 0);
  private final Peers peers = new Peers(time);
  private final Shares shares = new Shares(config.replicationFactor());
  private final Claims claims = new Claims(self, config, ports, requests, led, this::post);
  private final EpochFloor epochs = new EpochFloor();
  private View view = allLedBy(self, 1);
  private final Replicator replicator =
      new Replicator(config, self, ports, requests, peers, shares, new EventCounts(), this::missed);
  private final LeaderQueue queue = queue();

  private LeaderQueue queue() {
    EnumSet<Rule> off = EnumSet.noneOf(Rule.class);
    return new LeaderQueue(
        config,
        ports,
        lease,
        new Minority(
            config, self, time, ports.versions(), lease, new Voter(time, config.lease()), off),
        led,
        replicator,
        claims,
        epochs,
        new WaitingPushes(time, time),
        () -> Optional.of(view),
        _ -> {},
        off,
        new EventCounts());
  }

  @BeforeEach
  void lead() {
    lease.enter(view);
    renew();
    shares.enter(view);
    peers.heard(new Heartbeat(other, 7, 1, 1, 0), config.lease().toNanos());
    led.enter(view);
    led.takeOver(led.pending());
  }

  @Test
  void versionsReplicatesShowsAndAnswersInThisOrder() {
    submit("g=1");
    assertEquals(List.of("prepared g=1", "sent g=1"), events);
    answer(Receipt.DONE);
    assertEquals(List.of("prepared g=1", "sent g=1", "shown g=1", "answered g=1"), events);
  }

  /** It would be answered 200, and what is stored would be shown on. */
  @Test
  void anUpdateThatCountsAsOlderThanTheStoredGroupIsNotAnswered() {
    store.storedEpoch = 9;
    submit("g=1");
    assertEquals(List.of("prepared g=1", "unavailable"), events);
    assertEquals(9, epochs.above(view).epoch());
  }

  @Test
  void updatesOfOneGroupAreDoneOneAfterTheOther() {
    submit("g=1");
    submit("g=2");
    submit("g=3");
    assertEquals(List.of("prepared g=1", "sent g=1"), events);
    events.clear();
    answer(Receipt.DONE);
    assertEquals(List.of("shown g=1", "answered g=1", "prepared g=2", "sent g=2"), events);
    events.clear();
    answer(Receipt.DONE);
    answer(Receipt.DONE);
    assertEquals(List.of("shown g=3", "answered g=3"), events.subList(4, 6));
    assertEquals(0, queue.waiting());
  }

  @Test
  void updatesOfOtherGroupsDoNotWait() {
    submit("g=1");
    submit("h=1");
    assertEquals(List.of("prepared g=1", "sent g=1", "prepared h=1", "sent h=1"), events);
  }

  @Test
  void theSeriesOfAnUpdateThatFailedAreTakenAsLongAsAReplicaMayStoreIt() {
    submit("g=claim");
    requests.answered(new ProbeAnswer(last().id(), List.of(), Optional.empty()));
    time.settle();
    answer(Receipt.REFUSED);
    assertTrue(isTakenFor("h") && !isTakenFor("g"));
    time.pass(BUDGET / SimWorld.MILLI);
    assertTrue(isTakenFor("h"));
    time.pass(config.lease().toMillis());
    assertFalse(isTakenFor("h"));
  }

  @Test
  void theSeriesOfAnUpdateThatOnlyReplicasCouldStoreAreTakenForAWhile() {
    submit("g=claim");
    requests.answered(new ProbeAnswer(last().id(), List.of(), Optional.empty()));
    time.settle();
    store.isFull = true;
    answer(Receipt.DONE);
    assertEquals("unavailable", events.getLast());
    assertTrue(isTakenFor("h") && !isTakenFor("g"));
    time.pass(BUDGET / SimWorld.MILLI + config.lease().toMillis());
    assertFalse(isTakenFor("h"));
  }

  private boolean isTakenFor(String key) {
    var claim = new ReplicaStore.Claim("j", "other", new byte[16]);
    var said = new ArrayList<Optional<ProbeAnswer>>();
    claims.probed(1, 1, bytes(key), claim, said::add);
    time.settle();
    return said.getFirst().orElseThrow().collision().isPresent();
  }

  @Test
  void aReplicaIsToldWhenToDropAState() {
    submit("g=1");
    assertEquals(BUDGET, ((Replicate) last()).dropAfter());
  }

  @Test
  void eachUpdateHasANewerVersionThanAllBefore() {
    for (int i = 0; i < 5; i++) {
      submit("g=" + i);
      answer(Receipt.DONE);
      time.leapWall(i == 2 ? -100_000 : 0);
      renew();
    }
    for (int i = 1; i < versions.size(); i++) {
      assertTrue(versions.get(i).isAfter(versions.get(i - 1)));
    }
    assertEquals(1, versions.getFirst().epoch());
  }

  @Test
  void whatIsNotSafeIsNotShown() {
    for (Receipt receipt : List.of(Receipt.REFUSED, Receipt.FENCED, Receipt.SHAPE_MISSING)) {
      events.clear();
      submit("g=1");
      answer(receipt);
      assertEquals("unavailable", events.getLast(), () -> "receipt=" + receipt);
      assertTrue(events.stream().noneMatch(event -> event.startsWith("shown")));
    }
  }

  @Test
  void anUnansweredReplicationEndsWithTheTimeOfThePush() {
    submit("g=1");
    for (int i = 0; i < 8; i++) {
      assertEquals("sent g=1", events.getLast());
      time.pass(1_000);
      renew();
    }
    assertEquals("unavailable", events.getLast());
    assertEquals(3, events.size());
  }

  @Test
  void anUpdateWhoseTimeEndsInTheQueueIsNotBegun() {
    submit("g=1");
    submit("g=2", time.nanoTime() + SimWorld.SECOND, time.nanoTime());
    time.pass(1_000);
    answer(Receipt.DONE);
    assertEquals(List.of("shown g=1", "answered g=1", "unavailable"), events.subList(2, 5));
    assertEquals(5, events.size());
  }

  @Test
  void aCopyOfAnUpdateThatIsOlderThanALaterAnswerIsNotDone() {
    long sent = time.nanoTime();
    time.pass(100);
    submit("g=1");
    answer(Receipt.DONE);
    events.clear();
    submit("g=0", sent + BUDGET, sent);
    assertEquals(List.of("not here"), events);
    submit("h=0", sent + BUDGET, sent);
    assertEquals("sent h=0", events.getLast());
  }

  @Test
  void aCopyThatIsOlderThanARefusedUpdateIsDone() {
    long sent = time.nanoTime();
    time.pass(100);
    submit("g=1");
    answer(Receipt.REFUSED);
    submit("g=0", sent + BUDGET, sent);
    assertEquals("sent g=0", events.getLast());
  }

  @Test
  void anUpdateOnWhichTheStoreFailsDoesNotHoldUpTheNextOne() {
    store.isBroken = true;
    submit("g=1");
    store.isBroken = false;
    assertEquals(List.of("unavailable"), events);
    submit("g=2");
    answer(Receipt.DONE);
    assertEquals("answered g=2", events.getLast());
  }

  @Test
  void withoutALeaseNothingIsBegun() {
    time.pass(config.lease().toMillis());
    submit("g=1");
    assertEquals(List.of("not here"), events);
  }

  @Test
  void aSlotThatIsNotLedIsNotHere() {
    enter(allLedBy(other, 2));
    submit("g=1");
    assertEquals(List.of("not here"), events);
  }

  @Test
  void aLeaseThatLapsedMeanwhileShowsNothingEvenIfItIsRegained() {
    submit("g=1");
    time.pass(config.lease().toMillis());
    assertTrue(lease.lapse());
    renew();
    answer(Receipt.DONE);
    assertEquals(List.of("prepared g=1", "sent g=1", "unavailable"), events);
  }

  /** Others may have led since then, and the client may have done it again with them. */
  @Test
  void anUpdateThatWaitedWhileTheLeaseLapsedIsNotBegunAfterwards() {
    submit("g=1");
    submit("g=2");
    time.pass(config.lease().toMillis());
    assertTrue(lease.lapse());
    renew();
    answer(Receipt.DONE);
    assertEquals(List.of("prepared g=1", "sent g=1", "unavailable", "not here"), events);
  }

  @Test
  void aSlotThatWasLostMeanwhileShowsNothingEvenIfItCameBack() {
    submit("g=1");
    led.enter(allLedBy(other, 2));
    enter(allLedBy(self, 3));
    led.takeOver(led.pending());
    answer(Receipt.DONE);
    assertEquals(List.of("prepared g=1", "sent g=1", "unavailable"), events);
  }

  @Test
  void moreThanTheQueueHoldsIsRefusedAtOnce() {
    for (int i = 0; i < 20_000; i++) {
      queue.submit(
          0,
          bytes("g"),
          Update.of(bytes("g=1")),
          time.nanoTime() + BUDGET,
          time.nanoTime(),
          result -> {});
    }
    assertEquals(20_000, queue.waiting());
    submit("h=1");
    assertEquals(List.of("unavailable", "prepared g=1", "sent g=1"), events);
    assertEquals(20_000, queue.waiting());
  }

  /** What is here may be from a leader that could not answer for it. */
  @Test
  void whatChangesNothingIsReplicatedBeforeItIsAnswered() {
    submit("g=1");
    answer(Receipt.DONE);
    events.clear();
    submit("g=same");
    assertEquals(List.of("prepared g=same", "sent g=1"), events);
    answer(Receipt.DONE);
    assertEquals("answered g=same", events.getLast());
  }

  @Test
  void whatChangesNothingInAGroupThatIsNotThereIsAnsweredAtOnce() {
    submit("g=same");
    assertEquals(List.of("prepared g=same", "answered g=same"), events);
  }

  @Test
  void aCollisionIsAnsweredAndChangesNothing() {
    submit("g=claim");
    assertEquals(List.of("prepared g=claim"), events);
    requests.answered(new ProbeAnswer(last().id(), List.of("x"), Optional.of("taken")));
    time.settle();
    assertEquals(List.of("prepared g=claim", "answered refused: taken"), events);
  }

  @Test
  void newSeriesAreStoredOnceTheHomeOfTheJobAllowsThem() {
    submit("g=claim");
    requests.answered(new ProbeAnswer(last().id(), List.of(), Optional.empty()));
    time.settle();
    assertEquals(List.of("prepared g=claim", "sent g=claim"), events);
    answer(Receipt.DONE);
    assertEquals("answered g=claim", events.getLast());
  }

  @Test
  void whoeverIsToldMayHandOverTheNextUpdateAtOnce() {
    submit("g=1", result -> submit("g=2"));
    answer(Receipt.DONE);
    assertEquals(
        List.of("prepared g=1", "sent g=1", "shown g=1", "prepared g=2", "sent g=2"), events);
    answer(Receipt.DONE);
    assertEquals(List.of("shown g=2", "answered g=2"), events.subList(5, events.size()));
    assertEquals(0, queue.waiting());
  }

  /** Or the push would wait for its whole time, as a member that was removed never answers. */
  @Test
  void aReplicationEndsWhenTheMemberThatItWaitsForHasLeft() {
    submit("g=1");
    time.pass(3_000);
    List<View.Seat> alone = TestViews.view(2, 7, List.of(self)).seats();
    View next = new View(2, 7, alone, List.of(), view.slots());
    enter(next);
    shares.enter(next);
    replicator.enter(next);
    time.settle();
    assertEquals(List.of("prepared g=1", "sent g=1", "unavailable"), events);
  }

  @Test
  void aReplicationGoesOnInAViewThatHasItsMembers() {
    submit("g=1");
    View next = new View(2, 7, view.seats(), List.of(), view.slots());
    enter(next);
    replicator.enter(next);
    time.settle();
    assertEquals(List.of("prepared g=1", "sent g=1"), events);
    answer(Receipt.DONE);
    assertEquals(4, events.size());
  }

  /** It may have been compared with this node before the state was stored here. */
  @Test
  void anOwnerThatCameWhileAStateWasOnItsWayIsComparedAgain() {
    submit("g=1");
    answer(Receipt.DONE);
    assertEquals(List.of(), missed);
    submit("g=2");
    View next = new View(2, 7, view.seats(), List.of(), view.slots());
    enter(next);
    replicator.enter(next);
    answer(Receipt.DONE);
    assertEquals(List.of(other), missed);
  }

  /** What is not led in the end may have been done all the same. */
  @Test
  void anAnswerSaysWhetherTheGroupIsWhatItWas() {
    var results = new ArrayList<Result>();
    submit("g=1", results::add);
    answer(Receipt.DONE);
    submit("g=same", results::add);
    answer(Receipt.DONE);
    assertTrue(((Result.Answered) results.getFirst()).changes());
    assertFalse(((Result.Answered) results.getLast()).changes());
  }

  @Test
  void aSlotIsBusyAsLongAsAnUpdateIsAtWork() {
    var slots = new BitSet();
    slots.set(0, 2);
    assertTrue(queue.busy(slots).isEmpty());
    submit("g=1");
    assertEquals(BitSet.valueOf(new long[] {1}), queue.busy(slots));
    answer(Receipt.DONE);
    assertTrue(queue.busy(slots).isEmpty());
  }

  @Test
  void whatIsAtWorkEndsInAClosedSlotAndNothingElseBegins() {
    submit("g=1");
    submit("g=2");
    var closed = new BitSet();
    closed.set(0);
    led.close(closed);
    answer(Receipt.DONE);
    assertEquals(
        List.of("prepared g=1", "sent g=1", "shown g=1", "answered g=1", "not here"), events);
  }

  /** So that little is left to bring it. */
  @Test
  void whoIsAboutToLeadASlotGetsEachUpdate() {
    Member third = TestViews.member("c", 3, 3);
    peers.heard(new Heartbeat(third, 7, 1, 1, 0), config.lease().toNanos());
    var slots = new BitSet();
    slots.set(0);
    shares.prepare(Map.of(third, slots));
    submit("g=1");
    assertEquals(List.of(third, other), receivers);
    shares.prepare(Map.of());
    receivers.clear();
    answer(Receipt.DONE);
    submit("g=2");
    assertEquals(List.of(other), receivers);
  }

  private void missed(Member member) {
    missed.add(member);
  }

  private void enter(View next) {
    view = next;
    led.enter(next);
  }

  private void renew() {
    long renewal = lease.renew();
    lease.granted(view, ProcessId.of(self), view.epoch(), lease.digest(), renewal);
    lease.granted(view, ProcessId.of(other), view.epoch(), lease.digest(), renewal);
  }

  private void submit(String update) {
    submit(update, time.nanoTime() + BUDGET, time.nanoTime());
  }

  private void submit(String update, long deadline, long sentBy) {
    queue.submit(
        0, bytes(update.substring(0, 1)), Update.of(bytes(update)), deadline, sentBy, this::note);
    time.settle();
  }

  private void submit(String update, Consumer<Result> done) {
    byte[] key = bytes(update.substring(0, 1));
    queue.submit(0, key, Update.of(bytes(update)), time.nanoTime() + BUDGET, time.nanoTime(), done);
    time.settle();
  }

  private void note(Result result) {
    events.add(
        switch (result) {
          case Result.Answered(byte[] answer, _) -> "answered " + text(answer);
          case Result.NotHere() -> "not here";
          case Result.Unavailable _ -> "unavailable";
        });
  }

  private boolean post(Member to, PeerMessage message) {
    assertFalse(to.isSameProcess(self));
    if (message instanceof Replicate replicate) {
      receivers.add(to);
      events.add("sent " + text(replicate.state()));
    }
    if (message instanceof Question question) {
      asked.add(question);
    }
    return true;
  }

  private Question last() {
    return asked.getLast();
  }

  /** The other node says what it made of the last state. */
  private void answer(Receipt receipt) {
    requests.answered(new Replicated(last().id(), receipt, "a test wants it"));
    time.settle();
  }

  private View allLedBy(Member leader, long epoch) {
    View none = TestViews.view(epoch, 7, List.of(self, other));
    SlotTable slots = SlotTable.EMPTY.with(epoch, _ -> Optional.of(leader));
    return new View(epoch, 7, none.seats(), List.of(), slots);
  }
}
