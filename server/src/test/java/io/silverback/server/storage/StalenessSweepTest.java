package io.silverback.server.storage;

import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.restore;
import static io.silverback.server.group.Samples.timestamped;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.rules.StalenessRule;
import io.silverback.server.group.rules.StalenessRules;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.memory.RequestMemory;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.files.PersistedMetricStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With clocks that only the test moves: the wall clock, and the one that nobody can set. */
final class StalenessSweepTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final Duration TTL = Duration.ofMinutes(10);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration MOMENT = Duration.ofMillis(1);

  private final AtomicInteger expired = new AtomicInteger();
  private final AtomicInteger purged = new AtomicInteger();
  private long wallMillis = 1_800_000_000_000L;
  private long nanos = -5;
  private MetricStore store = new OffHeapMetricStore(settings());

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aGroupExpiresAtItsTimeAndNotBefore() {
    store.submit(put(X, gauge("m", 1)));
    pass(TTL.minus(MOMENT));
    sweep(ttl());
    assertEquals(List.of("m", "push_failure_time_seconds", "push_time_seconds"), exposed());

    pass(MOMENT);
    sweep(ttl());

    assertEquals(List.of(), exposed());
    GroupState group = groups().getFirst();
    assertTrue(group.bounds().isStale());
    assertEquals(wallMillis, group.bounds().expiry().at().wallMillis());
    assertEquals(wallMillis - TTL.toMillis(), group.bounds().pushMillis());
    assertEquals(1, store.statistics().staleGroups());
    assertEquals(1, expired.get());
    sweep(ttl());
    assertEquals(1, expired.get());
  }

  @Test
  void withoutRulesNothingEverExpires() {
    store.submit(put(X, gauge("m", 1)));
    pass(DAY.multipliedBy(1000));
    sweep(StalenessRules.NONE);
    assertEquals(0, store.statistics().staleGroups());
  }

  @Test
  void aWallClockThatIsSetForwardExpiresNothingEarly() {
    store.submit(put(X, gauge("m", 1)));
    wallMillis += DAY.toMillis();
    pass(TTL.minus(MOMENT));
    sweep(ttl());
    assertEquals(0, expired.get());
    pass(MOMENT);
    sweep(ttl());
    assertEquals(1, expired.get());
  }

  @Test
  void aWallClockThatIsSetBackKeepsNothingLonger() {
    store.submit(put(X, gauge("m", 1)));
    wallMillis -= DAY.toMillis();
    pass(TTL);
    sweep(ttl());
    assertEquals(1, expired.get());
    // Versions go on nevertheless, so the next push is the newer one.
    store.submit(post(X, gauge("n", 1)));
    assertEquals(List.of("n", "push_failure_time_seconds", "push_time_seconds"), exposed());
  }

  @Test
  void aGroupThatPushesAgainComesBackWithWhatItPushes() {
    store.submit(put(X, gauge("m", 1), gauge("n", 1)));
    pass(TTL);
    sweep(ttl());
    store.submit(post(X, gauge("m", 2)));
    assertEquals(List.of("m", "push_failure_time_seconds", "push_time_seconds"), exposed());
    assertEquals(0, store.statistics().staleGroups());
    pass(TTL.minus(MOMENT));
    sweep(ttl());
    assertEquals(1, expired.get());
  }

  @Test
  void aPushBetweenVerdictAndExpiryWins() {
    store.submit(put(X, gauge("m", 1)));
    Version judged = groups().getFirst().bounds().push().version();
    store.submit(put(X, gauge("m", 2)));
    assertInstanceOf(
        Submission.Outdated.class, store.submit(new GroupUpdate.Expire(X, judged, false)));
    Version last = groups().getFirst().bounds().push().version();
    assertInstanceOf(
        Submission.Outdated.class, store.submit(new GroupUpdate.Purge(X, Version.NEVER)));
    assertInstanceOf(
        Submission.Accepted.class, store.submit(new GroupUpdate.Expire(X, last, false)));
    Version expiry = groups().getFirst().bounds().expiry().version();
    store.submit(put(X, gauge("m", 3)));
    assertInstanceOf(Submission.Outdated.class, store.submit(new GroupUpdate.Purge(X, expiry)));
  }

  @Test
  void aRefusedPushIsNoPush() {
    store.submit(put(X, gauge("m", 1)));
    pass(TTL.minus(MOMENT));
    store.submit(timestamped(X, gauge("m", 2)));
    pass(MOMENT);
    sweep(ttl());
    assertEquals(1, expired.get());
  }

  @Test
  void aGroupThatOnlyEverFailedExpiresAfterItsLastFailure() {
    store.submit(timestamped(X, gauge("m", 1)));
    pass(TTL.minus(MOMENT));
    store.submit(timestamped(X, gauge("m", 1)));
    pass(TTL.minus(MOMENT));
    sweep(ttl());
    assertEquals(0, expired.get());
    pass(MOMENT);
    sweep(ttl());
    assertEquals(1, expired.get());
  }

  @Test
  void aRestoredGroupHasItsWholeTimeFromNowOn() {
    store.submit(restore(X, wallMillis - DAY.toMillis(), Map.of(), gauge("m", 1)));
    pass(TTL.minus(MOMENT));
    sweep(ttl());
    assertEquals(0, expired.get());
  }

  @Test
  void missedPushesCountInTheRhythmOfEachGroup() {
    var rules = rules(new StalenessRule(all(), Duration.ZERO, 5, false, Duration.ofHours(1)));
    for (int i = 0; i < 6; i++) {
      store.submit(put(X, gauge("m", i)));
      pass(Duration.ofSeconds(10));
      sweep(rules);
      store.submit(put(Y, gauge("m", i)));
      pass(Duration.ofSeconds(10));
    }
    pass(Duration.ofSeconds(79));
    sweep(rules);
    assertEquals(0, expired.get());
    pass(Duration.ofSeconds(1));
    sweep(rules);
    assertEquals(1, expired.get());
    assertTrue(groups().getFirst().bounds().isStale());
    pass(Duration.ofSeconds(10));
    sweep(rules);
    assertEquals(2, expired.get());
  }

  @Test
  void whoPushedRarelyOrAtRandomHasTheTtl() {
    var rules = rules(new StalenessRule(all(), TTL, 5, false, Duration.ofHours(1)));
    for (int i = 0; i < 4; i++) {
      store.submit(put(X, gauge("m", i)));
      pass(Duration.ofSeconds(1));
    }
    for (int i = 0; i < 10; i++) {
      store.submit(put(Y, gauge("m", i)));
      pass(Duration.ofMillis(i % 3 == 0 ? 12_000 : 200));
    }
    pass(TTL.minusSeconds(60));
    sweep(rules);
    assertEquals(0, expired.get());
    pass(TTL);
    sweep(rules);
    assertEquals(2, expired.get());
  }

  @Test
  void theFirstRuleThatMatchesCounts() {
    var never = new StalenessRule(parsed("{job=\"x\"}"), Duration.ZERO, 0, false, TTL);
    store.submit(put(X, gauge("m", 1)));
    store.submit(put(Y, gauge("m", 1)));
    pass(TTL);
    sweep(rules(never, new StalenessRule(all(), TTL, 0, false, TTL)));
    assertEquals(
        List.of(false, true), groups().stream().map(group -> group.bounds().isStale()).toList());
  }

  @Test
  void thePushTimeMayStay() {
    store.submit(put(X, gauge("m", 1)));
    pass(TTL);
    sweep(rules(new StalenessRule(all(), TTL, 0, true, TTL)));
    assertEquals(List.of("push_time_seconds"), exposed());
  }

  @Test
  void aStaleGroupIsForgottenInTheEnd() {
    store.submit(put(X, gauge("m", 1)));
    pass(TTL);
    sweep(ttl());
    pass(Duration.ofHours(1).minus(MOMENT));
    sweep(ttl());
    assertEquals(1, store.groupCount());
    pass(MOMENT);
    sweep(StalenessRules.NONE);
    assertEquals(0, store.groupCount());
    assertEquals(0, store.statistics().staleGroups());
    assertEquals(1, purged.get());
  }

  @Test
  void moreKeysThanAreHeldAtOnceAllExpire() {
    String text = "x".repeat(60_000);
    int most = (int) (StalenessSweep.BATCH_WEIGHT / text.length());
    for (int i = 0; i < 2 * most; i++) {
      store.submit(put(GroupingKey.of("many", "n", i + text), gauge("m", 1)));
    }
    pass(TTL);
    var updates = new ArrayList<Integer>();
    var counting =
        new FrontStore(store) {
          @Override
          public void quietGroups(Duration atLeast, QuietSink sink) {
            updates.add(0);
            super.quietGroups(atLeast, sink);
          }

          @Override
          public Submission submit(GroupUpdate update) {
            updates.add(updates.removeLast() + 1);
            return super.submit(update);
          }
        };
    StalenessSweep.sweep(counting, ttl(), expired::incrementAndGet, purged::incrementAndGet);

    assertEquals(2 * most, expired.get());
    assertTrue(updates.stream().allMatch(count -> count <= most + 1), updates::toString);
  }

  @Test
  void theLogNamesSomeOfTheGroupsThatExpired() {
    for (int i = 0; i < 7; i++) {
      store.submit(put(GroupingKey.of("job-" + i, "l", "a\nb" + "x".repeat(300)), gauge("m", 1)));
    }
    pass(TTL);
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      sweep(ttl());

      String line = captured.onlyLine();
      assertTrue(line.contains("msg=\"groups without pushes\" expired=7 purged=0 groups="), line);
      assertEquals(5, line.split("job=", -1).length - 1, line);
      assertTrue(line.contains(" and 2 more"), line);
      assertTrue(line.contains("a\\nb"), line);
      assertTrue(line.length() < 1500, line);
      assertTrue(line.endsWith("list=\"GET /api/v1/metrics?stale=true\""), line);
    }
    pass(StalenessRule.USUAL_PURGE);
    try (var captured = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      sweep(ttl());

      String line = captured.onlyLine();
      assertTrue(line.contains("expired=0 purged=7 groups="), line);
      assertFalse(line.contains("list="), line);
    }
  }

  @Test
  void timeWithoutTheProcessDoesNotCount(@TempDir Path folder) throws Exception {
    store.close();
    var rules = rules(new StalenessRule(all(), TTL, 5, false, Duration.ofHours(1)));
    store = open(folder);
    for (int i = 0; i < 6; i++) {
      pass(Duration.ofSeconds(10));
      store.submit(put(X, gauge("m", i)));
    }
    store.submit(put(Y, gauge("m", 1)));
    store.close();
    // The clock of another boot, that has not come as far.
    nanos = 0;
    wallMillis += DAY.toMillis();
    store = open(folder);
    sweep(rules);
    assertEquals(0, expired.get());
    // What was learned is still known.
    pass(Duration.ofSeconds(50).minus(MOMENT));
    sweep(rules);
    assertEquals(0, expired.get());
    pass(MOMENT);
    sweep(rules);
    assertEquals(1, expired.get());
    store.close();
    store = open(folder);
    assertEquals(1, store.statistics().staleGroups());
    assertEquals(
        List.of(true, false), groups().stream().map(group -> group.bounds().isStale()).toList());
  }

  private void pass(Duration time) {
    wallMillis += time.toMillis();
    nanos += time.toNanos();
  }

  private void sweep(StalenessRules rules) {
    StalenessSweep.sweep(store, rules, expired::incrementAndGet, purged::incrementAndGet);
  }

  private List<String> exposed() {
    var names = new TreeSet<String>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.families().forEach(family -> names.add(family.name()));
    }
    return List.copyOf(names);
  }

  private List<GroupState> groups() {
    var groups = new ArrayList<GroupState>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.groups().forEach(groups::add);
    }
    return groups;
  }

  private static StalenessRules ttl() {
    return rules(new StalenessRule(all(), TTL, 0, false, Duration.ofHours(1)));
  }

  private static StalenessRules rules(StalenessRule... rules) {
    return new StalenessRules(List.of(rules));
  }

  private static SeriesSelector all() {
    return SeriesSelector.ALL;
  }

  private static SeriesSelector parsed(String text) {
    return SeriesSelector.parse(text);
  }

  private MetricStore open(Path folder) throws InterruptedException {
    var opened =
        new PersistedMetricStore(
            settings(), new PersistenceConfig(folder, Duration.ofMinutes(5), 0));
    opened.awaitReady(Duration.ofSeconds(30));
    return opened;
  }

  private StoreConfig settings() {
    return new StoreConfig(
        new VersionClock(() -> wallMillis, 1),
        () -> wallMillis,
        () -> nanos,
        List.of(),
        true,
        Duration.ofHours(1),
        StorageLimits.NONE,
        RequestMemory.unlimited());
  }
}
