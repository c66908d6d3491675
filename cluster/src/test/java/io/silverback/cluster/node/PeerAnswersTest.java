package io.silverback.cluster.node;

import static io.silverback.cluster.NotedStore.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.agree.Peers;
import io.silverback.cluster.agree.ViewPlanner;
import io.silverback.cluster.agree.Voter;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.AskDigests;
import io.silverback.cluster.message.PeerMessage.Digests;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Replicate;
import io.silverback.cluster.message.PeerMessage.Replicated;
import io.silverback.cluster.message.PeerMessage.Replicated.Receipt;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.push.Claims;
import io.silverback.cluster.push.LeaderQueue;
import io.silverback.cluster.push.Pushes;
import io.silverback.cluster.push.Replicator;
import io.silverback.cluster.repair.AntiEntropy;
import io.silverback.cluster.repair.HistoryMove;
import io.silverback.cluster.repair.Leftovers;
import io.silverback.cluster.repair.Wipe;
import io.silverback.cluster.simulation.SimWorld;
import io.silverback.cluster.slots.Fences;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.cluster.slots.WaitingPushes;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

/** What a replica answers to leaders that bring it states. */
final class PeerAnswersTest {
  private static final int SLOT = 9;

  private final ClusterConfig config = ClusterConfig.standard(2);
  private final Member self = TestViews.member("a", 1, 1);
  private final Member leader = TestViews.member("b", 2, 2);
  private final HandPorts world = new HandPorts();
  private final HandTime time = world.time;
  private final NotedStore store = new NotedStore();
  private final List<PeerMessage> answers = new ArrayList<>();
  private final EpochFloor epochs = new EpochFloor();
  private final Peers peers = new Peers(time);
  private final Lease lease = new Lease(time, Duration.ofDays(1));
  private Optional<View> view = Optional.empty();
  private final ClusterPorts ports = world.with(store);
  private final VersionClock versions = ports.versions();
  private final Led led = new Led(self, () -> 0);
  private final WaitingPushes waiting = new WaitingPushes(time, time);
  private final Fences fences = new Fences();
  private final PeerAnswers replica = replica();

  private PeerAnswers replica() {
    var requests = new Requests(time, this::post);
    var off = EnumSet.noneOf(Rule.class);
    var events = new EventCounts();
    var claims = new Claims(self, config, ports, requests, led, this::post);
    var shares = new Shares(config.replicationFactor());
    var replicator =
        new Replicator(config, self, ports, requests, peers, shares, events, missed -> {});
    var minority =
        new Minority(
            config, self, time, ports.versions(), lease, new Voter(time, config.lease()), off);
    var queue =
        new LeaderQueue(
            config,
            ports,
            lease,
            minority,
            led,
            replicator,
            claims,
            epochs,
            waiting,
            () -> view,
            _ -> {},
            off,
            events);
    var pushes =
        new Pushes(
            config,
            self,
            ports,
            requests,
            peers,
            lease,
            minority,
            led,
            queue,
            waiting,
            () -> view,
            off,
            events);
    var slots =
        new Wipe(
            config,
            self,
            ports,
            requests,
            led,
            waiting,
            epochs,
            () -> lease::holds,
            queue::busy,
            missed -> {},
            off);
    var wipe = new ClusterWipe(config, self, ports, requests, peers, lease, slots, () -> view);
    return new PeerAnswers(
        ports,
        fences,
        led,
        minority,
        queue,
        claims,
        pushes,
        wipe,
        leftovers(requests, shares, off, events),
        epochs,
        requests,
        this::post,
        off,
        events);
  }

  private Leftovers leftovers(
      Requests requests, Shares shares, EnumSet<Rule> off, EventCounts events) {
    var antiEntropy = new AntiEntropy(self, ports, requests, led, shares, off, events);
    BiPredicate<View, Member> hasCopiesOf = (_, _) -> true;
    var history = new HistoryMove(self, ports, requests, led, shares, hasCopiesOf, off, events);
    return new Leftovers(
        config,
        self,
        ports,
        requests,
        led,
        shares,
        fences,
        antiEntropy,
        history,
        hasCopiesOf,
        lease::holds,
        off,
        events);
  }

  /** What is stored here of a later epoch would win over it, so it is not safe here. */
  @Test
  void aStateThatCountsAsOlderThanWhatIsStoredIsNotConfirmed() {
    store.storedEpoch = 9;
    replicate(1, 4, 1_000);
    time.settle();
    var said = (PeerMessage.Replicated) answers.getFirst();
    assertEquals(PeerMessage.Replicated.Receipt.REFUSED, said.result());
    assertEquals(9, epochs.above(ViewPlanner.first(7, List.of(leader))).epoch());
  }

  @Test
  void whatIsStoredOfTheLeadersOwnEpochDoesNotMatter() {
    store.storedEpoch = 4;
    replicate(1, 4, 1_000);
    time.settle();
    var said = (PeerMessage.Replicated) answers.getFirst();
    assertEquals(PeerMessage.Replicated.Receipt.DONE, said.result());
    assertEquals(0, epochs.above(ViewPlanner.first(7, List.of(leader))).epoch());
  }

  /** Neither one from a year ahead, nor one that is a moment ahead. */
  @Test
  void noStateMovesTheClockHere() {
    for (long aheadMillis : new long[] {365L * 24 * 3_600_000, 1}) {
      store.newest = new Version(4, (time.wallMillis() + aheadMillis) << 16, 2);
      replicate(1, 4, 1_000);
      replica.answer(
          Optional.empty(),
          leader,
          new PeerMessage.Deliver(2, List.of(bytes("g=2")), List.of(Version.NEVER)));
      time.settle();
      assertEquals(time.wallMillis(), versions.next(5).clock() >>> 16);
    }
    assertEquals(List.of("shown g=1", "shown g=2", "shown g=1", "shown g=2"), store.events);
  }

  @Test
  void aStateIsStoredBeforeItIsConfirmed() {
    replicate(1, 4, 1_000);
    assertEquals(List.of(), answers);
    time.settle();
    assertEquals(List.of("shown g=1"), store.events);
    assertEquals(List.of(Receipt.DONE), receipts());
  }

  @Test
  void aLeaderBeforeTheOneThatAskedIsTurnedAway() {
    askDigests(5);
    replicate(1, 4, 1_000);
    time.settle();
    assertEquals(List.of(), store.events);
    assertEquals(List.of(Receipt.FENCED), receipts());
  }

  /** The next leader may have been told what was here before, so nobody may count on the state. */
  @Test
  void aStateIsNotConfirmedIfTheNextLeaderAskedWhileItWasStored() {
    replicate(1, 4, 1_000);
    askDigests(5);
    time.settle();
    assertEquals(List.of("shown g=1"), store.events);
    assertEquals(List.of(Receipt.FENCED), receipts());
  }

  @Test
  void aWipeOfALeaderBeforeTheOneThatAskedIsTurnedAway() {
    askDigests(5);
    wipeSlots(4);
    time.settle();
    assertEquals(List.of("wiped 0"), store.events);
    assertEquals(List.of(0), wiped());
  }

  @Test
  void aWipeIsNotConfirmedIfTheNextLeaderAskedWhileItWasDone() {
    wipeSlots(4);
    askDigests(5);
    time.settle();
    assertEquals(List.of("wiped 1"), store.events);
    assertEquals(List.of(0), wiped());
  }

  @Test
  void aWipeIsDoneBeforeItIsConfirmed() {
    wipeSlots(4);
    assertEquals(List.of(), answers);
    time.settle();
    assertEquals(List.of("wiped 1"), store.events);
    assertEquals(List.of(1), wiped());
  }

  /** What was pushed meanwhile to a later leader, or after the client was answered, must stay. */
  @Test
  void aWipeThatIsLateOrForALaterLeaderIsNotBegun() {
    meet(self);
    led.enter(view.get());
    led.takeOver(led.pending());
    askWipe(time.nanoTime(), led.epoch(SLOT));
    askWipe(time.nanoTime() + 1_000_000_000L, led.epoch(SLOT) + 1);
    time.settle();
    assertEquals(List.of(), store.events);
    assertEquals(List.of(0, 0), wiped());
    askWipe(time.nanoTime() + 1_000_000_000L, led.epoch(SLOT));
    time.settle();
    assertEquals(1, answers.stream().filter(PeerMessage.WipeSlots.class::isInstance).count());
    assertEquals(List.of(), store.events, "the other member first");
  }

  private void wipeSlots(long epoch) {
    var versions = List.of(new Version(epoch, 1, 2));
    replica.answer(view, leader, new PeerMessage.WipeSlots(1, slot(), versions));
  }

  private void askWipe(long dropAfter, long epoch) {
    replica.answer(view, leader, new PeerMessage.AskWipe(1, dropAfter, slot(), List.of(epoch)));
  }

  private static BitSet slot() {
    var slot = new BitSet();
    slot.set(SLOT);
    return slot;
  }

  private List<Integer> wiped() {
    return answers.stream()
        .filter(PeerMessage.Wiped.class::isInstance)
        .map(answer -> ((PeerMessage.Wiped) answer).slots().cardinality())
        .toList();
  }

  @Test
  void aStateThatItsLeaderGaveUpIsNotStored() {
    replicate(1, 4, 0);
    time.settle();
    assertEquals(List.of(), store.events);
    assertEquals(List.of(), receipts());
  }

  @Test
  void aStateThatTheStoreFailsOnIsRefused() {
    store.isBroken = true;
    replicate(1, 4, 1_000);
    time.settle();
    assertEquals(List.of(Receipt.REFUSED), receipts());
  }

  @Test
  void statesThatWaitToBeStoredAreBounded() {
    store.isFull = true;
    byte[] large = new byte[100 << 20];
    replica.answer(Optional.empty(), leader, message(1, 4, large, 1_000));
    replica.answer(Optional.empty(), leader, message(2, 4, large, 1_000));
    time.settle();
    assertEquals(1, receipts().size());
    replica.answer(Optional.empty(), leader, message(3, 4, large, 1_000));
    time.settle();
    assertEquals(2, receipts().size());
  }

  /** It waits for the leader, to which it is passed on; without an answer its time ends. */
  @Test
  void pushesThatOthersBringAreBoundedByTheirBytes() {
    meet();
    forward(1);
    assertEquals(List.of(), forwarded());
    forward(2);
    assertEquals(List.of("2 UNAVAILABLE"), forwarded());
    time.pass(1_000);
    forward(3);
    assertEquals(List.of("2 UNAVAILABLE"), forwarded());
  }

  /** Or its sender would have to ask again and again. */
  @Test
  void aPushThatComesBeforeTheTakeOverWaitsForIt() {
    meet(self);
    led.enter(view.get());
    forward(1, 1, false);
    time.pass(500);
    assertEquals(List.of(), forwarded());
    led.takeOver(led.pending());
    waiting.takenOver(led.led());
    time.settle();
    assertEquals(List.of("prepared g=1", "shown g=1"), store.events);
  }

  @Test
  void aPushThatComesBeforeTheViewThatItIsForWaitsForThat() {
    meet(leader);
    forward(1, 2, false);
    time.pass(500);
    assertEquals(List.of(), forwarded());
    enter(2, self);
    led.enter(view.get());
    led.takeOver(led.pending());
    waiting.wakeAll();
    time.settle();
    assertEquals(List.of("prepared g=1", "shown g=1"), store.events);
  }

  @Test
  void aPushThatWaitsIsNotDoneAfterItsTime() {
    meet(self);
    led.enter(view.get());
    forward(1, 1, false);
    time.pass(1_000);
    assertEquals(List.of("1 NOT_HERE"), forwarded());
    led.takeOver(led.pending());
    waiting.takenOver(led.led());
    time.settle();
    assertEquals(List.of(), store.events);
  }

  /** The process may have stood still, and the client may have pushed again elsewhere since. */
  @Test
  void aPushThatWaitedAcrossALapseIsNotDone() {
    meet(self);
    led.enter(view.get());
    forward(1, 1, false);
    lease.drop();
    waiting.wakeAll();
    time.settle();
    assertEquals(List.of("1 NOT_HERE"), forwarded());
    assertEquals(0, waiting.size());
  }

  /** Both are members, and the other one leads all slots. */
  private void meet() {
    meet(leader);
  }

  private void meet(Member leading) {
    enter(1, leading);
    met();
  }

  private void enter(long epoch, Member leading) {
    View met = ViewPlanner.first(7, List.of(self, leader));
    SlotTable slots = SlotTable.EMPTY.with(epoch, _ -> Optional.of(leading));
    view = Optional.of(new View(epoch, 7, met.seats(), List.of(), slots));
  }

  private void met() {
    lease.enter(view.get());
    long renewal = lease.renew();
    for (Member voter : List.of(self, leader)) {
      lease.granted(view.get(), ProcessId.of(voter), 1, lease.digest(), renewal);
    }
    peers.heard(new PeerMessage.Heartbeat(leader, 7, 1, 1, time.nanoTime()), 1);
  }

  private void forward(long id, long epoch, boolean relay) {
    long until = time.nanoTime() + 1_000 * SimWorld.MILLI;
    replica.answer(
        view,
        leader,
        new PeerMessage.Forward(id, epoch, until, until, relay, bytes("g"), bytes("g=1")));
    time.settle();
  }

  private void forward(long id) {
    long until = time.nanoTime() + 1_000 * SimWorld.MILLI;
    byte[] large = new byte[100 << 20];
    replica.answer(
        view, leader, new PeerMessage.Forward(id, 1, until, until, true, bytes("g"), large));
    time.settle();
  }

  private List<String> forwarded() {
    return answers.stream()
        .filter(PeerMessage.Forwarded.class::isInstance)
        .map(PeerMessage.Forwarded.class::cast)
        .map(said -> said.id() + " " + said.result())
        .toList();
  }

  @Test
  void whatATakeOverAsksIsUrgentForAsLongAsItAsks() {
    var ask = new PeerMessage.AskStates(1, List.of());
    replica.answer(Optional.empty(), leader, ask);
    assertEquals(0, time.urgentWorks());
    askDigests(4);
    replica.answer(Optional.empty(), leader, ask);
    assertEquals(2, time.urgentWorks());
    time.pass(20_000);
    replica.answer(Optional.empty(), leader, ask);
    assertEquals(2, time.urgentWorks());
    time.settle();
    assertEquals(4, answers.size());
  }

  private void replicate(long id, long epoch, long millis) {
    replica.answer(Optional.empty(), leader, message(id, epoch, bytes("g=1"), millis));
  }

  private Replicate message(long id, long epoch, byte[] state, long millis) {
    return new Replicate(id, SLOT, epoch, time.nanoTime() + millis * SimWorld.MILLI, state);
  }

  private void askDigests(long epoch) {
    var slots = new BitSet();
    slots.set(SLOT);
    replica.answer(Optional.empty(), leader, new AskDigests(77, slots, List.of(epoch)));
  }

  private List<Receipt> receipts() {
    return answers.stream()
        .filter(answer -> !(answer instanceof Digests))
        .map(answer -> assertInstanceOf(Replicated.class, answer).result())
        .toList();
  }

  private boolean post(Member to, PeerMessage message) {
    assertEquals(leader, to);
    answers.add(message);
    return true;
  }
}
