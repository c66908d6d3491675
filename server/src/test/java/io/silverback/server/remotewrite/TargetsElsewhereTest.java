package io.silverback.server.remotewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TargetsElsewhereTest {
  private static final Duration ROUND = Duration.ofSeconds(5);

  private final Set<String> own = new HashSet<>();
  private long nanos;
  private final TargetsElsewhere elsewhere = new TargetsElsewhere(own::contains, () -> nanos);
  private CapturedLog log;

  @BeforeEach
  void captureLog() {
    log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT);
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  private void hearFor(String target, Duration time) {
    for (Duration past = Duration.ZERO; past.compareTo(time) < 0; past = past.plus(ROUND)) {
      elsewhere.hear(target, "node-2");
      pass(ROUND);
    }
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void aTargetThatOnlyAnotherMemberHasIsCountedAndSaidOnceAnHour() {
    hearFor("long-term", TargetsElsewhere.LONGEST_RELOAD);
    assertEquals(1, elsewhere.unknown());
    assertEquals(List.of(), log.lines());
    hearFor("long-term", Duration.ofMinutes(50));
    String line = log.onlyLine();
    assertTrue(line.contains("level=warn"), line);
    assertTrue(line.contains("remote_name=long-term node=node-2"), line);
    assertTrue(line.contains("give all members the same remote_write"), line);
    hearFor("long-term", Duration.ofMinutes(15));
    assertEquals(2, log.lines().size());
    assertEquals(1, elsewhere.unknown());
  }

  @Test
  void aReloadOfOneMemberAfterTheOtherSaysNothing() {
    // This one comes to have it last.
    hearFor("new", TargetsElsewhere.LONGEST_RELOAD);
    own.add("new");
    assertEquals(0, elsewhere.unknown());
    hearFor("new", Duration.ofMinutes(10));
    // It loses it first.
    own.remove("new");
    hearFor("new", TargetsElsewhere.LONGEST_RELOAD);
    assertEquals(1, elsewhere.unknown());
    pass(TargetsElsewhere.REMEMBERED);
    assertEquals(0, elsewhere.unknown());
    // What was heard before counts no more.
    hearFor("new", TargetsElsewhere.LONGEST_RELOAD);
    assertEquals(List.of(), log.lines());
  }

  @Test
  void aTargetIsForgottenThatNoMemberSendsToAnyMore() {
    elsewhere.hear("a", "node-2");
    pass(Duration.ofMinutes(4));
    elsewhere.hear("b", "node-3");
    assertEquals(2, elsewhere.unknown());
    pass(Duration.ofMinutes(2));
    assertEquals(1, elsewhere.unknown());
    pass(Duration.ofMinutes(4));
    assertEquals(0, elsewhere.unknown());
  }

  @Test
  void ownTargetsAreNotCounted() {
    own.add("shared");
    hearFor("shared", Duration.ofHours(2));
    assertEquals(0, elsewhere.unknown());
    assertEquals(List.of(), log.lines());
  }

  @Test
  void manyNamesAndNamesThatAreNoneTakeNoRoom() {
    for (int i = 0; i < 1000; i++) {
      elsewhere.hear("t" + i, "node-2");
    }
    assertEquals(TargetsElsewhere.MOST_TARGETS, elsewhere.unknown());
    pass(TargetsElsewhere.REMEMBERED.plusSeconds(1));
    elsewhere.hear("a\nb", "node-2");
    elsewhere.hear("x".repeat(2000), "node-2");
    assertEquals(0, elsewhere.unknown());
    hearFor("t999", Duration.ofMinutes(3));
    assertEquals(1, log.lines().size());
  }
}
