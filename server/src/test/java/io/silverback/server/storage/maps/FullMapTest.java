package io.silverback.server.storage.maps;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maps that have grown as far as they can. */
@Timeout(60)
final class FullMapTest {
  private static final int TIER_BYTES = 32 * 1024;

  private long now = 1_800_000_000_000L;

  @ParameterizedTest
  @ValueSource(strings = {"groups", "open_pages", "shapes", "symbols"})
  void aPushThatFailsLeavesNothingBehind(String map) {
    try (var store = store(map)) {
      int groups = 0;
      RuntimeException fault = null;
      while (fault == null) {
        assertTrue(groups < 20_000, "the map is never full");
        try {
          accepted(push(store, groups, "m"));
          groups++;
        } catch (IllegalStateException full) {
          fault = full;
        }
      }
      Map<String, Long> uses = entries(store);
      int failing = groups;
      for (int i = 0; i < 3; i++) {
        assertThrows(IllegalStateException.class, () -> push(store, failing, "m"));
      }
      assertEquals(uses, entries(store));
      assertEquals(groups, store.groupCount());

      // Its names are nobody's: another type of the same name is no conflict.
      for (int i = 0; i < groups; i++) {
        accepted(store.submit(delete(key(i))));
      }
      now += Duration.ofHours(2).toMillis();
      store.sweep();
      store.sweep();
      assertEquals(List.of(), entries(store).values().stream().filter(count -> count > 0).toList());
      accepted(
          store.submit(
              put(
                  key(failing),
                  family(MetricType.COUNTER, "m" + failing, Labels.EMPTY),
                  gauge("n", 1))));
    }
  }

  private Submission push(MetricStore store, int number, String name) {
    now += 10;
    // Each has texts, a shape and values of its own, which need room in the map in question.
    MetricFamily[] families =
        IntStream.range(0, 20)
            .mapToObj(i -> gauge(name + (i == 0 ? "" : "_" + i + "_") + number, i))
            .toArray(MetricFamily[]::new);
    return store.submit(put(key(number), families));
  }

  private static GroupingKey key(int number) {
    return GroupingKey.of("j", "n", Integer.toString(number));
  }

  private OffHeapMetricStore store(String small) {
    var maps =
        new OffHeapMaps(
            plan ->
                plan.name().equals(small)
                    ? new OffHeapMap.Plan(
                        plan.name(),
                        plan.number(),
                        plan.keyBytes(),
                        plan.chunkBytes(),
                        1,
                        TIER_BYTES,
                        TIER_BYTES / plan.chunkBytes(),
                        plan.editedBytes(),
                        1)
                    : plan);
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(() -> now, 7),
            () -> now,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE),
        maps);
  }

  private static Map<String, Long> entries(MetricStore store) {
    var entries = new TreeMap<String, Long>();
    store.statistics().maps().forEach(map -> entries.put(map.name(), map.entries()));
    return entries;
  }

  private static void accepted(Submission submission) {
    assertInstanceOf(Submission.Accepted.class, submission, submission::toString);
  }
}
