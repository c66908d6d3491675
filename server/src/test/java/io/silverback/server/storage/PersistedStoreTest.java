package io.silverback.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.SeriesSelector;
import io.silverback.server.storage.MetricStore.Submission;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PersistedStoreTest {
  private static final long NOW = 1_700_000_000_000L;

  @TempDir Path folder;
  private long now = NOW;

  @Test
  void groupsAndHistoryOutliveAStoreThatIsLeftWithoutAClose() throws Exception {
    Path left = folder.resolve("left");
    List<String> exposed;
    List<String> history;
    try (var store = open(folder.resolve("store"))) {
      for (int round = 0; round < 100; round++) {
        for (int group = 0; group < 50; group++) {
          push(
              store,
              key(group),
              "# HELP a some\na{x=\"1\"} " + round + "\na{x=\"2\"} " + group + "\n");
        }
        now += 1000;
      }
      push(store, key(7), "b 1\n");
      store.submit(new GroupUpdate.Delete(key(8)));
      exposed = groups(store);
      history = history(store);
      SparseFiles.copyAll(folder.resolve("store"), left);
    }
    assertEquals(49, exposed.size());

    try (var store = open(left)) {
      assertEquals(exposed, groups(store));
      assertEquals(history, history(store));
      assertEquals(
          List.of(49L, 48 * 2 + 1L),
          store.statistics().limits().stream().skip(1).limit(2).map(LimitUse::used).toList());
      push(store, key(3), "a{x=\"1\"} 7\na{x=\"2\"} 8\n");
      assertEquals(49, store.groupCount());
    }
    try (var store = open(folder.resolve("store"))) {
      assertEquals(exposed, groups(store));
    }
  }

  @Test
  void aFullDiskRefusesPushesAndKeepsServing() throws Exception {
    try (var store = open(folder)) {
      push(store, key(1), "a 1\n");
    }
    try (var store = open(folder, Long.MAX_VALUE)) {
      Submission answer = store.submit(new GroupUpdate.Replace(key(1), parsed("a 2\n")));
      var refused = assertInstanceOf(Submission.OverLimit.class, answer);
      assertEquals(Limit.FREE_DISK, refused.limit());
      assertTrue(groups(store).toString().contains("value=1.0"), () -> groups(store).toString());
      store.submit(new GroupUpdate.Delete(key(1)));
      assertEquals(0, store.groupCount());
    }
  }

  private PersistedMetricStore open(Path path) throws InterruptedException {
    return open(path, 0);
  }

  private PersistedMetricStore open(Path path, long minFreeBytes) throws InterruptedException {
    var settings =
        new StoreSettings(
            new VersionClock(() -> now, 1),
            () -> now,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE);
    var store =
        new PersistedMetricStore(
            settings, new PersistenceSettings(path, Duration.ofMinutes(5), minFreeBytes));
    store.awaitReady(Duration.ofSeconds(30));
    return store;
  }

  private static GroupingKey key(int i) {
    return GroupingKey.of("many", "instance", "i" + i);
  }

  private static void push(MetricStore store, GroupingKey key, String text) {
    Submission answer = store.submit(new GroupUpdate.Replace(key, parsed(text)));
    assertInstanceOf(Submission.Accepted.class, answer, answer::toString);
  }

  private static ParsedExposition parsed(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new TextParser(NameValidation.LEGACY).parse(bytes, bytes.length);
  }

  private static List<String> groups(MetricStore store) {
    var groups = new ArrayList<String>();
    try (Snapshot snapshot = store.snapshot()) {
      snapshot.groups().forEach(group -> groups.add(group.toString()));
    }
    return groups;
  }

  private static List<String> history(MetricStore store) throws IOException {
    var series = new ArrayList<String>();
    var all = new HistoryQuery(SeriesSelector.parse(List.of("{job=\"many\"}")), 0, Long.MAX_VALUE);
    store.history(
        all,
        new EndlessBudget(),
        (name, labels, samples) -> {
          var line = new StringBuilder(name).append(labels);
          for (int i = 0; i < samples.size(); i++) {
            line.append(' ').append(samples.timeMillis(i)).append('=').append(samples.value(i));
          }
          series.add(line.toString());
        });
    return series.stream().sorted().toList();
  }
}
