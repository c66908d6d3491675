package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.CapturedLines;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HandTime;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.Outage;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.Heartbeat;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.PeerMessage.Unserved;
import io.silverback.cluster.slots.Led;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OutageWatchTest {
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final int HALF = HashRing.SLOTS / 2;
  private static final String BEGINS = "an outage begins";
  private static final String ENDS = "the outage is over";

  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final HandTime time = new HandPorts().time;
  private final Peers peers = new Peers(time);
  private final Lease lease = new Lease(time, Duration.ofDays(1));
  private final Led led = new Led(a, () -> 0);
  private final OutageWatch watch = new OutageWatch(a, time, peers, lease, led, LEASE);
  private final CapturedLines log = new CapturedLines(OutageWatch.class.getName());

  /** Both lead half of the slots each. */
  private final View view = view(3, 3);

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void allIsServedWhereEachMemberIsHeardAndServesItsSlots() {
    serve();
    assertEquals(outage(0, 0, 0), look());
    assertEquals(List.of(), log.lines());
    assertEquals(Map.of(), watch.silentMillis());
    assertEquals(Optional.empty(), watch.word());
  }

  @Test
  void theSlotsOfASilentMemberAreAnOutageUntilAnotherOneServesThem() {
    serve();
    time.pass(2_000);
    assertEquals(outage(0, 0, 0), look());
    time.pass(1);
    assertEquals(new Outage(HALF, 0, 0, List.of("b"), 2_001), look());
    assertEquals(Map.of(b, 2_001L), watch.silentMillis());
    assertEquals(
        List.of(
            "slots=8192 silent_leader=8192 no_leader=0 taking_over=0 nodes=[b] lasts_seconds=2.001"),
        fields(BEGINS));

    View without = ViewPlanner.without(view, b, 0);
    time.pass(499);
    enter(without);
    assertEquals(new Outage(0, 0, HALF, List.of("a"), 2_500), look(without));
    time.pass(500);
    led.takeOver(led.pending());
    assertEquals(outage(0, 0, 0), look(without));
    assertEquals(List.of("slots=8192 nodes=[b] lasted_seconds=3.0"), fields(ENDS));
    assertEquals(2, log.lines().size(), log.lines()::toString);
  }

  @Test
  void aMemberThatIsHeardAgainEndsIt() {
    serve();
    time.pass(2_500);
    look();
    hear(3);
    assertEquals(outage(0, 0, 0), look());
    assertEquals(List.of("slots=8192 nodes=[b] lasted_seconds=2.5"), fields(ENDS));
  }

  @Test
  void aMemberSaysThatItHasYetToTakeOver() {
    serve();
    watch.heard(ProcessId.of(b), new Unserved(100));
    assertEquals(new Outage(0, 0, 100, List.of("b"), 0), look());
    watch.heard(ProcessId.of(b), new Unserved(Integer.MAX_VALUE));
    assertEquals(HALF, look().slots());
    watch.heard(ProcessId.of(b), new Unserved(-1));
    assertEquals(0, look().slots());
    watch.heard(ProcessId.of(b), new Unserved(100));
    time.pass(1_001);
    hear(3);
    assertEquals(0, look().slots(), "it would have said so again");
  }

  @Test
  void aMemberCannotServeWhatAViewGaveItThatItDoesNotKnow() {
    serve();
    View next = view(4, 4);
    enter(next);
    led.takeOver(led.pending());
    assertEquals(new Outage(0, 0, HALF, List.of("b"), 0), look(next));
    hear(4);
    assertEquals(0, look(next).slots());
  }

  @Test
  void aChangeOfLeadersIsNoOutageUnlessItLasts() {
    serve();
    watch.heard(ProcessId.of(b), new Unserved(100));
    look();
    for (int i = 0; i < 8; i++) {
      time.pass(500);
      hear(3);
      watch.heard(ProcessId.of(b), new Unserved(100));
      look();
    }
    assertEquals(List.of(), log.lines());
    time.pass(1);
    look();
    assertEquals(
        List.of(
            "slots=100 silent_leader=0 no_leader=0 taking_over=100 nodes=[b] lasts_seconds=4.001"),
        fields(BEGINS));
  }

  @Test
  void aNodeWithoutALeaseServesNothingAndSaysSo() {
    serve();
    lease.drop();
    assertEquals(new Outage(0, 0, HALF, List.of("a"), 0), look());
    assertEquals(Optional.of(new Unserved(HALF)), watch.word());
  }

  @Test
  void aMemberThatCameJustNowIsNotSilent() {
    enterAndServe(ViewPlanner.first(7, List.of(a)));
    time.pass(60_000);
    enter(view);
    assertEquals(Map.of(), watch.silentMillis());
  }

  /** It may have looked for others for hours. */
  @Test
  void theTimeBeforeTheFirstViewIsNoOutage() {
    assertEquals(HashRing.SLOTS, watch.look(Optional.empty()).noLeader());
    time.pass(60_000);
    watch.look(Optional.empty());
    enter(view);
    hear(3);
    look();
    assertEquals(List.of(), log.lines());
  }

  @Test
  void slotsOfNobodyAreAnOutageThatTheLogTellsWhenItLasts() {
    View unled = TestViews.view(3, 7, List.of(a));
    enter(unled);
    assertEquals(HashRing.SLOTS, look(unled).noLeader());
    time.pass(4_001);
    look(unled);
    assertEquals(1, log.lines(BEGINS).size(), log.lines()::toString);
  }

  private View view(long epoch, long tenure) {
    SlotTable slots = SlotTable.EMPTY.with(tenure, slot -> Optional.of(slot < HALF ? a : b));
    return new View(
        epoch,
        7,
        List.of(new View.Seat(a, true, true, 0), new View.Seat(b, true, true, 0)),
        List.of(),
        slots);
  }

  private void serve() {
    enterAndServe(view);
    hear(3);
  }

  private void enterAndServe(View next) {
    enter(next);
    led.takeOver(led.pending());
  }

  private void enter(View next) {
    lease.enter(next);
    long renewal = lease.renew();
    next.voters()
        .forEach(
            voter ->
                lease.granted(next, ProcessId.of(voter), next.epoch(), lease.digest(), renewal));
    led.enter(next);
    watch.enter(next);
  }

  private void hear(long epoch) {
    peers.heard(new Heartbeat(b, 7, epoch, 1, 0), LEASE.toNanos());
  }

  private Outage look() {
    return look(view);
  }

  private Outage look(View now) {
    return watch.look(Optional.of(now));
  }

  private static Outage outage(int silent, int unled, int takingOver) {
    return new Outage(silent, unled, takingOver, List.of(), 0);
  }

  private List<String> fields(String beginning) {
    return log.lines(beginning).stream()
        .map(line -> line.substring(line.indexOf("slots=")))
        .toList();
  }
}
