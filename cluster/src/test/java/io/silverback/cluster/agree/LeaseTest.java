package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.simulation.SimWorld;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LeaseTest {
  private static final int MILLIS = 2_000;

  private final HandTime time = new HandTime();
  private final Lease lease = new Lease(time, Duration.ofMillis(MILLIS));
  private View view = of(1, 3);

  @BeforeEach
  void enterFirst() {
    lease.enter(view);
  }

  @Test
  void runsFromWhenTheAnsweredRequestWasSent() {
    long renewal = lease.renew();
    time.pass(700);
    grant(1, renewal);
    grant(2, renewal);
    assertEquals(MILLIS - 700, lease.millisLeft());
    time.pass(MILLIS - 701);
    assertTrue(lease.holds());
    time.pass(1);
    assertFalse(lease.holds());
  }

  @Test
  void runsFromTheOldestAnswerThatItsMajorityNeeds() {
    enter(2, 5);
    long first = lease.renew();
    time.pass(300);
    long second = lease.renew();
    time.pass(300);
    long third = lease.renew();
    grant(1, third);
    grant(2, first);
    grant(3, second);
    assertEquals(MILLIS - 600, lease.millisLeft());
    grant(4, third);
    assertEquals(MILLIS - 300, lease.millisLeft());
    grant(5, first);
    assertEquals(MILLIS - 300, lease.millisLeft());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void needsMoreThanHalfOfTheVoters(int voters) {
    enter(2, voters);
    long renewal = lease.renew();
    for (int granted = 1; granted <= voters; granted++) {
      grant(granted, renewal);
      assertEquals(2 * granted > voters, lease.holds(), "granted=" + granted);
    }
  }

  @Test
  void grantsForAnotherViewDoNotCount() {
    enter(5, 3);
    long renewal = lease.renew();
    for (long epoch : new long[] {1, 4, 6}) {
      lease.granted(view, id(1), epoch, lease.digest(), renewal);
      lease.granted(view, id(2), epoch, lease.digest(), renewal);
    }
    assertFalse(lease.holds());
  }

  /** As of a voter whose files were copied or brought back. */
  @Test
  void grantsForAnotherViewOfTheSameNumberDoNotCount() {
    enter(5, 3);
    View other = TestViews.view(5, 7, List.of(node(1), node(2), node(4)), node(99));
    long renewal = lease.renew();
    for (long voter : new long[] {1, 2, 3}) {
      lease.granted(view, id(voter), 5, other.digest(), renewal);
    }
    assertFalse(lease.holds());
    grant(1, renewal);
    assertFalse(lease.holds());
    grant(2, renewal);
    assertTrue(lease.holds());
  }

  @Test
  void grantsForTwoViewsDoNotAddUp() {
    long renewal = lease.renew();
    grant(1, renewal);
    enter(2, 3);
    grant(2, renewal);
    assertFalse(lease.holds());
    grant(1, renewal);
    assertTrue(lease.holds());
  }

  @Test
  void whatWasGrantedBeforeANewViewRunsOn() {
    grantNow();
    enter(2, 5);
    time.pass(MILLIS - 1);
    assertTrue(lease.holds());
    time.pass(1);
    assertFalse(lease.holds());
  }

  @Test
  void grantsOfOthersThanVotersDoNotCount() {
    long renewal = lease.renew();
    grant(1, renewal);
    grant(1, renewal);
    grant(4, renewal);
    lease.granted(view, new ProcessId("n2", 77), view.epoch(), lease.digest(), renewal);
    assertFalse(lease.holds());
    grant(2, renewal);
    assertTrue(lease.holds());
  }

  @Test
  void answersToRequestsThatNobodyRemembersDoNotCount() {
    long renewal = lease.renew();
    grant(1, renewal + 1);
    grant(2, renewal + 1);
    assertFalse(lease.holds());
    for (int i = 0; i < 64; i++) {
      lease.renew();
    }
    grant(1, renewal);
    grant(2, renewal);
    assertFalse(lease.holds());
    assertTrue(lease.sentNanos(renewal).isEmpty());
    assertTrue(lease.sentNanos(renewal + 1).isPresent());
  }

  @Test
  void answersThatComeAfterALeaseDoNotCount() {
    long renewal = lease.renew();
    time.pass(MILLIS);
    grant(1, renewal);
    grant(2, renewal);
    assertFalse(lease.holds());

    long next = lease.renew();
    time.leapWall(MILLIS);
    grant(1, next);
    grant(2, next);
    assertFalse(lease.holds());
  }

  @Test
  void aLateAnswerToAnOlderRequestMakesItNoShorter() {
    long first = lease.renew();
    time.pass(500);
    grantNow();
    grant(3, first);
    assertEquals(MILLIS, lease.millisLeft());
  }

  @Test
  void lapsesByTheWallClockAlone() {
    grantNow();
    time.leapWall(MILLIS - 1);
    assertTrue(lease.holds());
    assertFalse(lease.lapse());
    time.leapWall(1);
    assertFalse(lease.holds());
    assertTrue(lease.lapse());
  }

  @Test
  void lapsesByTheMonotonicClockAlone() {
    grantNow();
    time.leapWall(-50);
    time.pass(MILLIS - 1);
    assertTrue(lease.holds());
    time.pass(1);
    assertFalse(lease.holds());
    assertTrue(lease.lapse());
  }

  /** It would not show for a year that the machine has slept. */
  @Test
  void lapsesWhenTheWallClockIsSetBack() {
    grantNow();
    long before = lease.renew();
    time.leapWall(-365 * 86_400_000L);
    assertFalse(lease.holds());
    assertTrue(lease.lapse());
    grant(1, before);
    grant(2, before);
    assertFalse(lease.holds(), "what was asked for before the clock was set back");
    grantNow();
    assertTrue(lease.holds());
  }

  @Test
  void eachLapseIsToldOnce() {
    assertFalse(lease.lapse());
    grantNow();
    time.pass(MILLIS);
    assertTrue(lease.lapse());
    assertFalse(lease.lapse());
    grantNow();
    assertFalse(lease.lapse());
    time.pass(MILLIS);
    assertTrue(lease.lapse());
    assertEquals(2, lease.lapses());
  }

  @Test
  void whatBeganBeforeALapseDoesNotHoldAfterIt() {
    grantNow();
    long number = lease.number();
    assertTrue(lease.holdsSince(number));
    time.pass(MILLIS);
    assertFalse(lease.holdsSince(number));
    assertTrue(lease.lapse());
    grantNow();
    assertFalse(lease.holdsSince(number));
    assertTrue(lease.holdsSince(lease.number()));
  }

  @Test
  void renewalsKeepItsNumber() {
    grantNow();
    long number = lease.number();
    for (int i = 0; i < 20; i++) {
      time.pass(MILLIS / 2);
      assertFalse(lease.lapse());
      grantNow();
    }
    assertTrue(lease.holdsSince(number));
  }

  @Test
  void beforeTheFirstLapseEveryConnectionIsAdmitted() {
    long accepted = time.nanoTime();
    assertFalse(lease.admits(accepted));
    time.pass(100);
    grantNow();
    assertTrue(lease.admits(accepted));
    assertTrue(lease.admits(time.nanoTime()));
  }

  @Test
  void afterALapseOnlyConnectionsAreAdmittedThatCameALeaseAfterItWasRegained() {
    grantNow();
    long before = time.nanoTime();
    time.pass(MILLIS);
    assertFalse(lease.admits(before));
    assertTrue(lease.lapse());
    assertFalse(lease.admits(time.nanoTime()));
    time.pass(300);
    grantNow();
    long regained = time.nanoTime();
    for (int i = 0; i < 3; i++) {
      assertFalse(lease.admits(before));
      assertFalse(lease.admits(regained));
      assertFalse(lease.admits(regained + MILLIS * SimWorld.MILLI));
      assertTrue(lease.admits(regained + MILLIS * SimWorld.MILLI + 1));
      time.pass(MILLIS - 1);
      grantNow();
    }
  }

  @Test
  void aLeaseThatIsGivenUpIsOver() {
    grantNow();
    lease.drop();
    assertFalse(lease.holds());
    assertEquals(0, lease.millisLeft());
    assertEquals(1, lease.lapses());
    lease.drop();
    assertEquals(1, lease.lapses());
  }

  @Test
  void timeWithoutALeaseIsCountedFromTheFirstLapseOn() {
    time.pass(5_000);
    grantNow();
    assertEquals(0, lease.withheldMillis());
    time.pass(MILLIS);
    assertTrue(lease.lapse());
    time.pass(300);
    assertEquals(300, lease.withheldMillis());
    time.pass(400);
    grantNow();
    time.pass(1_000);
    assertEquals(700, lease.withheldMillis());
  }

  private void enter(long epoch, int voters) {
    view = of(epoch, voters);
    lease.enter(view);
  }

  private void grantNow() {
    long renewal = lease.renew();
    grant(1, renewal);
    grant(2, renewal);
  }

  private void grant(long voter, long renewal) {
    lease.granted(view, id(voter), view.epoch(), lease.digest(), renewal);
  }

  private static ProcessId id(long voter) {
    return ProcessId.of(node(voter));
  }

  private static View of(long epoch, int voters) {
    List<Member> members = LongStream.rangeClosed(1, voters).mapToObj(LeaseTest::node).toList();
    return TestViews.view(epoch, 7, members, node(99));
  }

  private static Member node(long number) {
    return TestViews.member("n" + number, number, number);
  }
}
