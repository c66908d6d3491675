package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.message.PeerMessage.Heartbeat;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.simulation.SimWorld;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class PeersTest {
  private static final long LEASE = 2 * SimWorld.SECOND;

  private final HandTime time = new HandTime();
  private final Peers peers = new Peers(time);
  private final Member one = TestViews.member("one", 1, 1);
  private final Member two = TestViews.member("two", 2, 2);

  @Test
  void silenceBeginsWithTheLastWord() {
    time.pass(1_000);
    heard(one);
    time.pass(700);
    assertEquals(700 * SimWorld.MILLI, peers.silenceNanos(one));
  }

  @Test
  void whoWasNeverHeardIsSilentSinceWeListen() {
    time.pass(1_000);
    assertEquals(1_000 * SimWorld.MILLI, peers.silenceNanos(one));
  }

  @Test
  void nobodyIsBlamedForSilenceInWhichWeStoodStill() {
    heard(one);
    time.pass(10_000);
    peers.forgiveSilence();
    time.pass(100);
    assertEquals(100 * SimWorld.MILLI, peers.silenceNanos(one));
    assertEquals(100 * SimWorld.MILLI, peers.silenceNanos(two));
    heard(two);
    time.pass(50);
    assertEquals(50 * SimWorld.MILLI, peers.silenceNanos(two));
  }

  @Test
  void anotherProcessOfTheNodeIsAnother() {
    heard(one);
    time.pass(100);
    Member restarted = TestViews.member("one", 11, 1);
    assertTrue(peers.of(restarted).isEmpty());
    heard(restarted);
    assertEquals(100 * SimWorld.MILLI, peers.silenceNanos(one));
    assertEquals(0, peers.silenceNanos(restarted));
  }

  @Test
  void longSilenceBeginsItsPresenceAnew() {
    long first = time.nanoTime();
    heard(one);
    time.pass(2_000);
    heard(one);
    assertEquals(first, peers.of(one).orElseThrow().firstNanos());
    time.pass(2_001);
    heard(one);
    assertEquals(time.nanoTime(), peers.of(one).orElseThrow().firstNanos());
  }

  @Test
  void theirClockIsBetweenWhatTheySaidAndWhatTheyAnswered() {
    long sent = time.nanoTime();
    time.pass(30);
    // Theirs is ahead by a second; the answer to what was sent took 30 ms in all.
    heard(one, sent + SimWorld.SECOND + 10 * SimWorld.MILLI);
    peers.echoed(ProcessId.of(one), sent + SimWorld.SECOND + 10 * SimWorld.MILLI - sent);
    time.pass(500);
    long theirs = time.nanoTime() + SimWorld.SECOND;
    long least = peers.of(one).orElseThrow().theirClock(time.nanoTime());
    long most = peers.theirClockAtMost(one, time.nanoTime()).orElseThrow();
    assertTrue(theirs - least >= 0, () -> "late by " + (theirs - least));
    assertTrue(most - theirs >= 0, () -> "early by " + (most - theirs));
  }

  @Test
  void theAnswerThatTookTheShortestWayTellsMostOfAClock() {
    heard(one);
    peers.echoed(ProcessId.of(one), 5 * SimWorld.MILLI);
    time.pass(1_000);
    peers.echoed(ProcessId.of(one), 700 * SimWorld.MILLI);
    assertEquals(6, mostAheadMillis(one));
    peers.echoed(ProcessId.of(one), 4 * SimWorld.MILLI);
    assertEquals(4, mostAheadMillis(one));
    // After a while it may be that one of the two stood still.
    time.pass(30_001);
    peers.echoed(ProcessId.of(one), 700 * SimWorld.MILLI);
    assertEquals(700, mostAheadMillis(one));
  }

  private long mostAheadMillis(Member member) {
    long now = time.nanoTime();
    return (peers.theirClockAtMost(member, now).orElseThrow() - now) / SimWorld.MILLI;
  }

  @Test
  void nothingIsKnownOfTheClockOfWhoeverWasNotHeard() {
    peers.echoed(ProcessId.of(one), 5);
    heard(two);
    assertEquals(OptionalLong.empty(), peers.theirClockAtMost(one, time.nanoTime()));
    assertEquals(OptionalLong.empty(), peers.theirClockAtMost(two, time.nanoTime()));
  }

  @Test
  void recentAreThoseHeardOfInThatTimeByName() {
    heard(two);
    time.pass(500);
    heard(one);
    assertEquals(List.of(one), members(499 * SimWorld.MILLI));
    assertEquals(List.of(one, two), members(500 * SimWorld.MILLI));
  }

  @Test
  void strangersAreForgottenAndMembersKept() {
    heard(one);
    heard(two);
    peers.echoed(ProcessId.of(two), 5);
    time.pass(2_000);
    peers.keep(List.of(one), LEASE);
    assertEquals(List.of(one, two), members(Long.MAX_VALUE));
    time.pass(1);
    peers.keep(List.of(one), LEASE);
    assertEquals(List.of(one), members(Long.MAX_VALUE));
    assertTrue(peers.theirClockAtMost(two, time.nanoTime()).isEmpty());
  }

  private void heard(Member member) {
    heard(member, 0);
  }

  private void heard(Member member, long theirNanos) {
    peers.heard(new Heartbeat(member, 7, 1, 1, theirNanos), LEASE);
  }

  private List<Member> members(long nanos) {
    return peers.recent(nanos).stream().map(Peers.Heard::member).toList();
  }
}
