package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.timestamped;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.Version;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.group.GatheredFamilies;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class OffHeapMetricStoreTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey X_EMPTY = GroupingKey.of("x", "instance", "");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final long NOW = 1_800_000_000_000L;

  private final OffHeapMetricStore store = store(true);

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void snapshotIsInTheOrderOfKeys() {
    store.submit(put(Y, gauge("m", 1)));
    store.submit(put(X, gauge("m", 1)));
    store.submit(put(GroupingKey.of("x", "a", "1"), gauge("m", 1)));
    List<GroupingKey> keys = groups(store).stream().map(GroupState::key).toList();
    assertEquals(List.of(GroupingKey.of("x", "a", "1"), X, Y), keys);
  }

  @Test
  void snapshotStaysAsItWasAndMayBeReadTwice() {
    store.submit(put(X, gauge("m", 1)));
    try (Snapshot snapshot = store.snapshot()) {
      store.submit(put(X, gauge("m", 2), gauge("n", 2)));
      store.submit(put(Y, gauge("m", 2)));
      for (int reading = 0; reading < 2; reading++) {
        var names = new ArrayList<String>();
        snapshot.families().forEach(family -> names.add(family.name()));
        assertEquals(List.of("m", "push_failure_time_seconds", "push_time_seconds"), names);
        snapshot.groups().forEach(group -> assertEquals(1, value(group, "m")));
      }
      assertEquals(1, snapshot.size());
    }
    assertEquals(2, store.groupCount());
  }

  @Test
  void refusedPushLeavesOnlyItsMark() {
    store.submit(put(X, gauge("m", 1)));
    Submission.Refused refused = refused(store.submit(timestamped(X, gauge("m", 2))));
    assertEquals(X, refused.key());
    assertEquals("pushed metrics must not have timestamps", refused.reason());
    GroupState group = groups(store).getFirst();
    assertEquals(1, value(group, "m"));
    assertEquals(NOW, group.bounds().pushMillis());
    assertEquals(NOW, group.bounds().failureMillis());

    refused(store.submit(timestamped(Y, gauge("m", 2))));
    assertEquals(2, store.groupCount());
    assertEquals(0, groups(store).getLast().bounds().pushMillis());
  }

  @Test
  void timestampsAreSeenBeforeAnythingElse() {
    assertEquals(
        "pushed metrics must not have timestamps",
        refused(store.submit(timestamped(X, gauge("m", 1, "__x", "1")))).reason());
  }

  @Test
  void deleteLeavesNothingBehind() {
    store.submit(put(X, gauge("m", 1)));
    accepted(store.submit(delete(X)));
    accepted(store.submit(delete(Y)));
    assertEquals(List.of(), groups(store));
    accepted(store.submit(put(Y, family(MetricType.COUNTER, "m", Labels.EMPTY))));
  }

  /** A request that deletes a million groups looks at all of their keys, again and again. */
  @Test
  void pushesDoNotWaitForALookAtAllKeys() throws Exception {
    int groups = 200;
    for (int i = 0; i < groups; i++) {
      store.submit(put(GroupingKey.of("j" + i), gauge("m", 1)));
    }
    int[] seen = new int[1];
    try (var pushers = Executors.newSingleThreadExecutor()) {
      store.names(
          key -> {
            seen[0]++;
            Future<Submission> push = pushers.submit(() -> store.submit(put(key, gauge("m", 2))));
            try {
              accepted(push.get(5, TimeUnit.SECONDS));
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
              throw new AssertionError("a push had to wait", e);
            }
          });
    }
    assertEquals(groups, seen[0]);
  }

  @Test
  void wipeDeletesAllAndTellsHowMany() {
    store.submit(put(X, gauge("m", 1)));
    store.submit(timestamped(Y, gauge("m", 1)));
    assertEquals(2, store.wipe());
    assertEquals(0, store.wipe());
    assertEquals(List.of(), groups(store));
  }

  @Test
  void closedStoreRefusesEverything() {
    store.close();
    assertThrows(StoreClosedException.class, () -> store.submit(put(X, gauge("m", 1))));
    assertThrows(StoreClosedException.class, store::snapshot);
    assertThrows(StoreClosedException.class, store::groupCount);
    assertThrows(StoreClosedException.class, store::wipe);
    store.close();
  }

  @Test
  void uncheckedStoreRefusesOnlyTimestampsAndWhatNoUtf8CanSay() {
    try (OffHeapMetricStore unchecked = store(false)) {
      accepted(unchecked.submit(put(X, gauge("m", 1))));
      accepted(unchecked.submit(put(Y, family(MetricType.COUNTER, "m", Labels.EMPTY))));
      accepted(unchecked.submit(put(X_EMPTY, gauge("m", 1, "__x", "1"))));
      refused(unchecked.submit(timestamped(X, gauge("m", 1))));
      refused(unchecked.submit(put(X, gauge("m", 1, "x", "\udc00"))));
      refused(unchecked.submit(put(GroupingKey.of("\ud800"), gauge("m", 1))));
      assertEquals(3, unchecked.groupCount());
      // Left out: two push times, the reserved label, and the other type.
      assertEquals(4, scrape(unchecked).leftOut());
      unchecked.submit(delete(X_EMPTY));
      unchecked.submit(delete(Y));
      assertEquals(0, scrape(unchecked).leftOut());
    }
  }

  @Test
  void refusedPushToAGroupThatCannotExistPoisonsNothing() {
    accepted(store.submit(put(X, gauge("m", 1))));
    for (int i = 0; i < 3; i++) {
      refused(store.submit(put(X_EMPTY, gauge("m", 1))));
      refused(store.submit(timestamped(X_EMPTY, gauge("m", 1))));
      refused(store.submit(put(GroupingKey.of("\ud800"), gauge("m", 1))));
      refused(store.submit(timestamped(GroupingKey.of("x", "__l", "1"), gauge("m", 1))));
    }
    assertEquals(List.of(X), groups(store).stream().map(GroupState::key).toList());
    assertEquals(0, scrape(store).leftOut());
    accepted(store.submit(put(Y, gauge("m", 1))));
    accepted(store.submit(put(X, gauge("m", 2))));
  }

  @Test
  void markOfARefusedPushPoisonsNothing() {
    refused(store.submit(timestamped(X_EMPTY, gauge("m", 1))));
    refused(store.submit(put(X, gauge("m", 1))));
    accepted(store.submit(put(Y, gauge("m", 1))));
    assertEquals(0, scrape(store).leftOut());
    accepted(store.submit(delete(X_EMPTY)));
    accepted(store.submit(put(X, gauge("m", 1))));
  }

  @Test
  void familyWithoutANameCutsNoScrapeOff() {
    refused(store.submit(put(X, gauge("", 1))));
    accepted(store.submit(put(Y, gauge("m", 1))));
    accepted(
        store.submit(put(Y, family(MetricType.GAUGE_HISTOGRAM, "h", Labels.EMPTY), gauge("n", 1))));
    List<String> names = scrape(store).families().stream().map(MetricFamily::name).toList();
    assertEquals(List.of("h", "n", "push_failure_time_seconds", "push_time_seconds"), names);
  }

  @Test
  void parallelPushesToOneGroupAreNeitherLostNorMixedNorReordered() {
    var done = new AtomicBoolean();
    var tasks = new ArrayList<Callable<Object>>();
    for (int pusher = 0; pusher < 100; pusher++) {
      String mine = "own_" + pusher;
      double base = pusher * 1000;
      tasks.add(
          () -> {
            for (int round = 1; round <= 20; round++) {
              // Both families of a push must show up together; the third one belongs to the pusher.
              accepted(
                  store.submit(
                      post(
                          X,
                          gauge("pair_a", base + round),
                          gauge("pair_b", base + round),
                          gauge(mine, round))));
            }
            return mine;
          });
    }
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> reader =
          executor.submit(
              () -> {
                Version last = Version.NEVER;
                while (!done.get()) {
                  for (GroupState group : groups(store)) {
                    assertEquals(value(group, "pair_a"), value(group, "pair_b"));
                    assertTrue(group.bounds().push().version().compareTo(last) >= 0);
                    last = group.bounds().push().version();
                  }
                  Thread.sleep(1);
                }
                return last;
              });
      run(tasks);
      done.set(true);
      get(reader);
    }
    GroupState group = groups(store).getFirst();
    for (int pusher = 0; pusher < 100; pusher++) {
      assertEquals(20, value(group, "own_" + pusher));
    }
    assertEquals(102, group.families().size());
  }

  @Test
  void parallelPushesToManyGroupsAllArriveInOrder() {
    var tasks = new ArrayList<Callable<Object>>();
    for (int pusher = 0; pusher < 100; pusher++) {
      int first = pusher * 10;
      tasks.add(
          () -> {
            for (int round = 1; round <= 10; round++) {
              for (int i = first; i < first + 10; i++) {
                // Every third round changes the shape.
                accepted(store.submit(put(key(i), gauge("m", round, "shape", "s" + round / 3))));
              }
            }
            return first;
          });
    }
    run(tasks);
    List<GroupState> groups = groups(store);
    assertEquals(1000, groups.size());
    groups.forEach(group -> assertEquals(10, value(group, "m")));
    assertEquals(0, scrape(store).leftOut());
  }

  @Test
  void ofConflictingPushesInParallelOneKindPasses() throws Exception {
    // Many series, so that checking takes long enough for all to be at it at once.
    Labels[] series =
        IntStream.range(0, 2000).mapToObj(i -> Labels.of("i", "" + i)).toArray(Labels[]::new);
    int pushers = 4;
    try (var executor = Executors.newFixedThreadPool(pushers)) {
      for (int round = 0; round < 10; round++) {
        var start = new CyclicBarrier(pushers);
        var running = new ArrayList<Future<Submission>>();
        for (int i = 0; i < pushers; i++) {
          MetricType type = i % 2 == 0 ? MetricType.COUNTER : MetricType.GAUGE;
          GroupUpdate update = post(key(i), family(type, "m" + round, series));
          running.add(
              executor.submit(
                  () -> {
                    start.await();
                    return store.submit(update);
                  }));
        }
        int passed = 0;
        for (Future<Submission> push : running) {
          passed += push.get() instanceof Submission.Accepted ? 1 : 0;
        }
        assertEquals(pushers / 2, passed);
      }
    }
    assertEquals(0, scrape(store).leftOut());
  }

  @Test
  void whatIsTooLargeToStoreIsOverALimitAndLeavesOnlyItsMark() {
    accepted(store.submit(put(X, gauge("m", 1))));
    String tooLong = "x".repeat(12_000_000);
    assertTrue(
        tooLarge(store.submit(put(X, gauge("m", 1, "l", tooLong))))
            .reason()
            .startsWith("a name, a help or a label is too long to store, shorten it: length="));

    byte[] bytes = new byte[40_000_000];
    var counter = new Metric.Counter(Labels.EMPTY, 1, OpaqueFields.of(bytes));
    for (int push = 0; push < 2; push++) {
      assertTrue(
          tooLarge(store.submit(put(Y, family(MetricType.COUNTER, "c", counter))))
              .reason()
              .startsWith("the group is too large to store, push it as several groups: series=1"));
    }
    assertEquals(1, store.groupCount());
    assertEquals(1, value(groups(store).getFirst(), "m"));
    assertEquals(NOW, groups(store).getFirst().bounds().failureMillis());
  }

  @Test
  void aTextThatNoUtf8CanSayDoesNotPassForAnotherOne() {
    accepted(store.submit(put(X, gauge("m", 1, "l", "?"))));
    refused(store.submit(put(X, gauge("m", 2, "l", "\ud800"))));
    assertEquals(1, value(groups(store).getFirst(), "m"));
  }

  private static OffHeapMetricStore store(boolean checked) {
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(() -> NOW, 1),
            () -> NOW,
            List.of(),
            checked,
            Duration.ofHours(1),
            StorageLimits.NONE));
  }

  private static GroupingKey key(int i) {
    return GroupingKey.of("many", "instance", "i" + i);
  }

  private static GatheredFamilies scrape(MetricStore store) {
    try (Snapshot snapshot = store.snapshot()) {
      return GatheredFamilies.gather(new FamilyGatherer(List.of(), snapshot.families()));
    }
  }

  private static List<GroupState> groups(MetricStore store) {
    try (Snapshot snapshot = store.snapshot()) {
      var groups = new ArrayList<GroupState>();
      snapshot.groups().forEach(groups::add);
      assertEquals(snapshot.size(), groups.size());
      return groups;
    }
  }

  private static double value(GroupState group, String name) {
    var family = Objects.requireNonNull(group.families().get(name)).family();
    return ((Metric.Gauge) family.metrics().getFirst()).value();
  }

  private static void accepted(Submission submission) {
    assertInstanceOf(Submission.Accepted.class, submission, submission::toString);
  }

  private static Submission.OverLimit tooLarge(Submission submission) {
    var refused = assertInstanceOf(Submission.OverLimit.class, submission);
    assertEquals(Limit.ENTRY, refused.limit());
    return refused;
  }

  private static Submission.Refused refused(Submission submission) {
    return assertInstanceOf(Submission.Refused.class, submission);
  }

  private static List<Object> run(List<Callable<Object>> tasks) {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Object>> running = tasks.stream().map(executor::submit).toList();
      return IntStream.range(0, running.size()).mapToObj(i -> get(running.get(i))).toList();
    }
  }

  private static <T> T get(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException | ExecutionException failure) {
      throw new AssertionError("a task failed", failure);
    }
  }
}
