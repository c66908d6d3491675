package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.CapturedLines;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.LogLag;
import io.silverback.cluster.Member;
import io.silverback.cluster.Rule;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog.Follower;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LogWatchTest {
  private static final String LATE = "a voter does not keep up with the log of the views although";
  private static final String AGAIN = "a voter keeps up with the log of the views again";

  private final Member a = TestViews.member("a", 1, 11);
  private final Member b = TestViews.member("b", 2, 12);
  private final View view = TestViews.view(5, 7, List.of(a, b));
  private final HandPorts hand = new HandPorts();
  private final CapturedLines lines = new CapturedLines(LogWatch.class.getName());
  private final LogWatch watch =
      new LogWatch(hand.log, hand.time, Duration.ofSeconds(2), EnumSet.noneOf(Rule.class));

  LogWatchTest() {
    hand.log.libraryVoters = List.of(a.storeId(), b.storeId());
  }

  @AfterEach
  void close() {
    lines.close();
  }

  @Test
  void oneThatKeepsSilentForTwoLeasesIsLateAndToldOfOnce() {
    assertEquals(Map.of(b, new LogLag(4_000, 0, false)), look(4_000, 0));
    for (int i = 1; i < 4; i++) {
      assertEquals(Map.of(b, new LogLag(4_000 + i, 0, true)), look(4_000 + i, 0));
      hand.time.pass(1_000);
    }
    assertEquals(1, lines.lines(LATE).size());
    look(10, 0);
    look(10, 0);
    assertEquals(1, lines.lines(AGAIN).size());
    look(4_001, 0);
    assertEquals(2, lines.lines(LATE).size());
  }

  @Test
  void oneThatAnswersAndGetsNoFurtherIsLate() {
    look(10, 1);
    hand.time.pass(4_000);
    assertEquals(Map.of(b, new LogLag(10, 3, false)), look(10, 3));
    hand.time.pass(1);
    assertEquals(Map.of(b, new LogLag(10, 2, true)), look(10, 2));
    assertEquals(Map.of(b, new LogLag(10, 0, false)), look(10, 0));
    look(10, 1);
    hand.time.pass(4_000);
    assertEquals(Map.of(b, new LogLag(10, 1, false)), look(10, 1), "it had caught up meanwhile");
  }

  /** What is known of it is that it is silent, and that is told elsewhere. */
  @Test
  void oneWhoseProcessIsSilentIsNotToldOf() {
    hand.log.followers = List.of(new Follower(b.storeId(), 60_000, 9));
    assertEquals(Map.of(), watch.look(Optional.of(view), Set.of(b)));
    assertEquals(List.of(), lines.lines());
  }

  @Test
  void oneThatDoesNotVoteInTheViewIsNotToldOf() {
    hand.log.followers = List.of(new Follower(99, 60_000, 9));
    assertEquals(Map.of(), watch.look(Optional.of(view), Set.of()));
    hand.log.followers = List.of(new Follower(b.storeId(), 60_000, 9));
    assertEquals(Map.of(), watch.look(Optional.empty(), Set.of()));
  }

  @Test
  void aVoterThatTheLogDoesNotCountForTwoLeasesIsLate() {
    hand.log.libraryVoters = List.of(a.storeId());
    watch.look(Optional.of(view), Set.of());
    hand.time.pass(4_001);
    assertEquals(Map.of(b, new LogLag(4_001, 0, true)), watch.look(Optional.of(view), Set.of()));
    hand.log.libraryVoters = List.of(a.storeId(), b.storeId());
    assertEquals(Map.of(), watch.look(Optional.of(view), Set.of()));
    hand.log.libraryVoters = List.of(a.storeId());
    hand.log.isProposer = false;
    watch.look(Optional.of(view), Set.of());
    hand.time.pass(4_001);
    assertEquals(Map.of(), watch.look(Optional.of(view), Set.of()), "it may not know");
  }

  private Map<Member, LogLag> look(long silentMillis, long entries) {
    hand.log.followers = List.of(new Follower(b.storeId(), silentMillis, entries));
    return watch.look(Optional.of(view), Set.of());
  }
}
