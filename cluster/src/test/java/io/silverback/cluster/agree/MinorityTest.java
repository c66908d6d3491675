package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.FreshExposure;
import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.OnMinority;
import io.silverback.cluster.Rule;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

final class MinorityTest {
  /** A lease and a tenth. */
  private static final long WAIT = 2_200;

  private static final long TICK = 200;

  private final Member self = TestViews.member("self", 1, 1);
  private final Member other = TestViews.member("other", 2, 2);
  private final Member third = TestViews.member("third", 3, 3);
  private final View pair = TestViews.view(5, 7, List.of(self, other));
  private final View three = TestViews.view(5, 7, List.of(self, other, third));
  private final HandTime time = new HandTime();
  private final VersionClock versions = new VersionClock(time::wallMillis, self.incarnation());
  private final ClusterConfig config = ClusterConfig.standard(2);
  private final Lease lease = new Lease(time, config.lease());
  private final Voter voter = new Voter(time, config.lease());
  private final Minority minority = of(self, Optional.empty());

  private Minority of(Member node, Optional<OnMinority> choice) {
    var chosen =
        new ClusterConfig(
            2,
            2,
            config.lease(),
            config.renewal(),
            config.replicaTimeout(),
            config.pushBudget(),
            config.stability(),
            config.tombstoneAge(),
            choice,
            config.maxClockSkew(),
            true);
    return new Minority(chosen, node, time, versions, lease, voter, EnumSet.noneOf(Rule.class));
  }

  private void run(Minority one, View view, long millis) {
    for (long passed = 0; passed < millis; passed += TICK) {
      time.pass(TICK);
      one.lapse();
      one.tick(Optional.of(view));
    }
  }

  private void run(long millis) {
    run(minority, pair, millis);
  }

  private boolean isFresh() {
    return minority.fresh().isPresent();
  }

  private void grant(View view) {
    lease.enter(view);
    long renewal = lease.renew();
    for (Member member : view.voters()) {
      lease.granted(view, ProcessId.of(member), view.epoch(), lease.digest(), renewal);
    }
  }

  @Test
  void waitsForOneMoreLeaseInWhichTheProcessRuns() {
    grant(pair);
    run(2_000);
    assertTrue(lease.lapse());
    minority.waitAnew();
    run(WAIT - TICK);
    assertFalse(isFresh());
    run(2 * TICK);
    assertTrue(isFresh());
  }

  @Test
  void aProcessThatStandsStillWaitsFromTheBeginning() {
    run(WAIT - TICK);
    time.pass(10_000);
    run(WAIT - TICK);
    assertFalse(isFresh());
    run(2 * TICK);
    assertTrue(isFresh());
  }

  @Test
  void aMachineThatSleepsWaitsFromTheBeginning() {
    run(WAIT - TICK);
    time.leapWall(10_000);
    run(WAIT - TICK);
    assertFalse(isFresh());
  }

  @Test
  void onlyAViewOfTwoVotersMakesItFreshUnlessItIsTold() {
    run(minority, three, 3 * WAIT);
    assertFalse(isFresh());
    Minority told = of(self, Optional.of(OnMinority.FRESH));
    run(told, three, 3 * WAIT);
    assertTrue(told.fresh().isPresent());
    Minority forbidden = of(self, Optional.of(OnMinority.WITHHOLD));
    run(forbidden, pair, 3 * WAIT);
    assertFalse(forbidden.fresh().isPresent());
    assertTrue(forbidden.retakes(pair));
    assertFalse(forbidden.retakes(three));
  }

  @Test
  void oneWithoutAShareOfTheWorkNeverIsFresh() {
    var choice = Optional.of(OnMinority.FRESH);
    var voterOnly = new Member("self", 1, 1, "self:9095", "self:9091", "", true);
    Minority votes = of(voterOnly, choice);
    run(votes, TestViews.view(5, 7, List.of(voterOnly, other)), 3 * WAIT);
    assertFalse(votes.fresh().isPresent());

    Minority stranger = of(TestViews.member("stranger", 9, 9), choice);
    run(stranger, pair, 3 * WAIT);
    assertFalse(stranger.fresh().isPresent());

    Minority drained = of(self, choice);
    List<View.Seat> seats =
        List.of(
            new View.Seat(self, true, true, 0, View.Drain.ALL),
            new View.Seat(other, true, true, 0));
    run(drained, new View(5, 7, seats, List.of(), pair.slots()), 3 * WAIT);
    assertFalse(drained.fresh().isPresent());

    Minority learner = of(third, Optional.empty());
    run(learner, TestViews.view(5, 7, List.of(self, other), third), 3 * WAIT);
    assertFalse(learner.fresh().isPresent());
  }

  @Test
  void aLaterStartOfAVoterMayBeFresh() {
    Minority later = of(TestViews.member("self", 11, 1), Optional.empty());
    run(later, pair, WAIT + 2 * TICK);
    assertTrue(later.fresh().isPresent());
  }

  /** Another node may hold a lease by what this one granted, although it is not heard. */
  @Test
  void grantsNothingMoreUntilNoOtherNodeHoldsALeaseByIt() {
    for (long passed = 0; passed < 2 * WAIT + 4 * TICK; passed += TICK) {
      assertFalse(passed < 2 * WAIT - 2 * TICK && isFresh(), "at " + passed);
      voter.grant(pair, self, ProcessId.of(other));
      run(TICK);
    }
    assertTrue(isFresh());
    assertTrue(voter.grant(pair, self, ProcessId.of(other)));
    assertTrue(isFresh());
  }

  @Test
  void showsWhatThisProcessGaveSinceThenAndNothingElse() {
    Version before = versions.next(5);
    run(2 * WAIT);
    FreshExposure shown = minority.exposure().orElseThrow();
    Version since = minority.fresh().orElseThrow().versions().next(5);
    assertFalse(shown.versions().test(before));
    assertTrue(shown.versions().test(since));
    assertFalse(shown.versions().test(new Version(5, since.clock() + 1, 2)));
    assertFalse(shown.versions().test(Version.NEVER));
  }

  /** By its clock the push of a minority would win over what the majority was pushed before it. */
  @Test
  void whereThereMayBeAMajorityItsTimeStandsStill() {
    Minority told = of(self, Optional.of(OnMinority.FRESH));
    run(told, three, 2 * WAIT);
    long began = time.wallMillis();
    run(told, three, 60_000);
    Version given = told.fresh().orElseThrow().versions().next(5);
    assertTrue(told.exposure().orElseThrow().versions().test(given));
    assertTrue(given.clock() >>> 16 <= began);
  }

  @Test
  void endsForAGoodReasonAndWaitsAnew() {
    run(2 * WAIT);
    FreshExposure shown = minority.exposure().orElseThrow();
    assertTrue(shown.holds().getAsBoolean());
    minority.waitAnew();
    assertFalse(shown.holds().getAsBoolean());
    run(WAIT - TICK);
    assertFalse(isFresh());
    run(2 * TICK);
    assertTrue(isFresh());
    grant(pair);
    run(TICK);
    assertFalse(isFresh());
  }

  @Test
  void noticesThatTheProcessStoodStill() {
    run(2 * WAIT);
    BooleanSupplier mayGoOn = minority.sinceNow();
    time.pass(2_001);
    assertFalse(isFresh());
    assertFalse(mayGoOn.getAsBoolean());
    assertTrue(minority.lapse());
    assertFalse(minority.lapse());
    run(WAIT + TICK);
    assertTrue(isFresh());
    assertFalse(mayGoOn.getAsBoolean());
  }

  @Test
  void trustsNoConnectionThatWasThereBefore() {
    run(WAIT - TICK);
    long before = time.nanoTime();
    BooleanSupplier mayGoOn = minority.sinceNow();
    run(2 * TICK);
    assertTrue(isFresh());
    assertFalse(minority.admits(before));
    assertFalse(mayGoOn.getAsBoolean());
    time.pass(1);
    assertTrue(minority.admits(time.nanoTime()));
  }

  @Test
  void countsTheTimeOfAllTimesTogether() {
    run(WAIT + TICK);
    long before = minority.millis();
    run(1_000);
    minority.waitAnew();
    assertEquals(before + 1_000, minority.millis());
    run(1_000);
    assertEquals(before + 1_000, minority.millis());
  }
}
