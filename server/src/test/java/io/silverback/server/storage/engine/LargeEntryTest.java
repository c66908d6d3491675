package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.family;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.PersistenceConfig;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.files.PersistedMetricStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Groups whose entry is as large as one can be: 32 MiB. */
@Timeout(120)
final class LargeEntryTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final int ABOUT = 33_000_000;
  private static final int LENGTH_BYTES = 4;
  private static final Pattern TOO_LARGE = Pattern.compile("length=(\\d+) limit=(\\d+)");

  @TempDir Path folder;
  private long now = 1_700_000_000_000L;

  @Test
  void theLargestEntryIsStoredAgainAndAgainAndOutlivesTheProcess() throws Exception {
    int largest;
    try (var store = open()) {
      push(store, put(X, gauge("small", 1)));
      largest = largest(store);
      for (int i = 0; i < 3; i++) {
        now += 1_000;
        push(store, counter(i, largest));
      }
      refused(store.submit(counter(9, largest + 1)));
      assertEquals(2, value(store));
      push(store, put(GroupingKey.of("y"), gauge("small", 2)));
    }
    try (var store = open()) {
      assertEquals(2, value(store));
      now += 1_000;
      push(store, counter(3, largest));
      assertEquals(3, value(store));
      assertEquals(List.of(0.0, 1.0, 2.0, 3.0), history(store));
      assertEquals(2, store.groupCount());
      push(store, new GroupUpdate.Delete(X));
      assertEquals(1, store.groupCount());
    }
  }

  /** How many opaque bytes fit, by what the refusal of too many says. */
  private static int largest(MetricStore store) {
    Submission.OverLimit refused = refused(store.submit(counter(7, ABOUT + 1_000_000)));
    Matcher found = TOO_LARGE.matcher(refused.reason());
    assertTrue(found.find(), refused.reason());
    int over = Integer.parseInt(found.group(1)) - Integer.parseInt(found.group(2));
    return ABOUT + 1_000_000 - over;
  }

  private static GroupUpdate counter(double value, int opaqueBytes) {
    // One unknown field, of that many bytes.
    byte[] field = new byte[opaqueBytes];
    field[0] = 15 << 3 | 2;
    int length = opaqueBytes - 1 - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES; i++) {
      boolean isLast = i == LENGTH_BYTES - 1;
      field[1 + i] = (byte) (((length >>> (7 * i)) & 0x7f) | (isLast ? 0 : 0x80));
    }
    var counter = new Metric.Counter(Labels.EMPTY, value, OpaqueFields.of(field));
    return put(X, family(MetricType.COUNTER, "c", counter));
  }

  private static void push(MetricStore store, GroupUpdate update) {
    Submission answer = store.submit(update);
    assertInstanceOf(Submission.Accepted.class, answer, answer::toString);
  }

  private static Submission.OverLimit refused(Submission submission) {
    var refused = assertInstanceOf(Submission.OverLimit.class, submission);
    assertEquals(Limit.ENTRY, refused.limit());
    return refused;
  }

  private static double value(MetricStore store) {
    try (Snapshot snapshot = store.snapshot()) {
      for (GroupState group : snapshot.groups()) {
        if (group.key().equals(X)) {
          var family = Objects.requireNonNull(group.families().get("c")).family();
          return ((Metric.Counter) family.metrics().getFirst()).value();
        }
      }
    }
    throw new AssertionError("the group is gone");
  }

  private static List<Double> history(MetricStore store) throws IOException {
    var values = new ArrayList<Double>();
    store.history(
        new HistoryQuery(SeriesSelector.parse(List.of("c")), 0, Long.MAX_VALUE),
        new EndlessBudget(),
        (_, _, samples) -> {
          for (int i = 0; i < samples.size(); i++) {
            values.add(samples.value(i));
          }
        });
    return values;
  }

  private PersistedMetricStore open() throws InterruptedException {
    var settings =
        new StoreConfig(
            new VersionClock(() -> now, 1),
            () -> now,
            List.of(),
            true,
            Duration.ofHours(1),
            StorageLimits.NONE);
    var store =
        new PersistedMetricStore(settings, new PersistenceConfig(folder, Duration.ofHours(1), 0));
    store.awaitReady(Duration.ofSeconds(60));
    return store;
  }
}
