package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.CapturedLines;
import io.silverback.cluster.ClockSkew;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ClockWatchTest {
  private static final long YEAR_MILLIS = 365L * 24 * 3_600_000;
  private static final String FAR = "the clock of a node is too far from the clock here";
  private static final String CLOSE = "the clock of a node is close to the clock here again";

  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final HandTime time = new HandPorts().time;
  private final ClockWatch watch = new ClockWatch(ClusterConfig.standard(2), a, time);
  private final CapturedLines log = new CapturedLines(ClockWatch.class.getName());
  private final View view = ViewPlanner.first(7, List.of(a, b));

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void theMiddleBetweenQuestionAndAnswerIsComparedAndHalfOfItIsTheError() {
    watch.enter(view);
    hear(b, 300, 100);
    // When it answered, up to 100 ms ago, it was 250 to 350 ms ahead.
    assertEquals(Map.of(b, new ClockSkew(350, 52)), watch.skews());
    hear(b, -300, 0);
    assertEquals(Map.of(b, new ClockSkew(-300, 2)), watch.skews());
    assertEquals(300, skewOfB().apartMillis());
  }

  @Test
  void aClockThatIsAYearAheadIsLoggedOnceAndOnceWhenItIsRight() {
    watch.enter(view);
    for (int i = 0; i < 3; i++) {
      hear(b, YEAR_MILLIS, 0);
      time.pass(400);
    }
    hear(b, 0, 0);
    hear(b, 5, 0);
    assertEquals(
        List.of(
            FAR
                + ", set the wrong one right node=b ahead_seconds=3.1536E7 error_seconds=0.002"
                + " limit_seconds=1.0",
            CLOSE + " node=b ahead_seconds=0.0 error_seconds=0.002"),
        log.lines());
  }

  @Test
  void aClockThatIsBehindIsLoggedToo() {
    watch.enter(view);
    hear(b, -1_003, 0);
    assertEquals(1, log.lines(FAR).size());
  }

  /** Only what is sure is a line: neither of these is, as the answers take so long. */
  @Test
  void aSlowAnswerNeitherAccusesNorAcquits() {
    watch.enter(view);
    hear(b, 900, 500);
    assertEquals(List.of(), log.lines());
    hear(b, 1_100, 0);
    assertEquals(1, log.lines(FAR).size());
    hear(b, 500, 1_200);
    assertEquals(List.of(), log.lines(CLOSE));
    hear(b, 900, 0);
    assertEquals(1, log.lines(CLOSE).size());
  }

  @Test
  void aNodeThatComesBackRightIsLoggedThoughItIsAnotherProcess() {
    watch.enter(view);
    hear(b, YEAR_MILLIS, 0);
    View without = ViewPlanner.without(view, b, time.wallMillis());
    watch.enter(without);
    assertEquals(Map.of(), watch.skews());
    Member next = TestViews.member("b", 3, 2);
    watch.enter(ViewPlanner.with(without, next));
    hear(next, 0, 0);
    assertEquals(1, log.lines(CLOSE).size());
  }

  @Test
  void onlyMembersThatAnswerCount() {
    hear(b, YEAR_MILLIS, 0);
    watch.enter(view);
    hear(TestViews.member("c", 3, 3), YEAR_MILLIS, 0);
    assertEquals(Map.of(), watch.skews());
    assertEquals(List.of(), log.lines());
    hear(b, 1, 0);
    time.pass(2_000);
    assertEquals(Map.of(b, new ClockSkew(1, 2)), watch.skews());
    time.pass(1);
    assertEquals(Map.of(), watch.skews(), "silent for longer than a lease");
  }

  @Test
  void noAnswerOverflows() {
    watch.enter(view);
    for (long absurd : new long[] {Long.MIN_VALUE, Long.MAX_VALUE}) {
      watch.heard(ProcessId.of(b), absurd, time.nanoTime());
      assertEquals(Long.signum(absurd), Long.signum(skewOfB().aheadMillis()));
    }
    assertEquals(1, log.lines().size());
  }

  private ClockSkew skewOfB() {
    return Objects.requireNonNull(watch.skews().get(b));
  }

  /** An answer that took that long, in which the other clock is that far ahead of ours now. */
  private void hear(Member from, long aheadMillis, long tookMillis) {
    long sentNanos = time.nanoTime();
    time.pass(tookMillis);
    watch.heard(ProcessId.of(from), time.wallMillis() + aheadMillis, sentNanos);
  }
}
