package io.silverback.server.storage.engine;

import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.maps.OffHeapMaps;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class WipedGroupsTest {
  private static final Duration RETENTION = Duration.ofMinutes(15);
  private static final long MOST_BYTES = 1 << 20;
  private static final long START = 1_800_000_000_000L;
  private static final GroupingKey A = GroupingKey.of("a");
  private static final GroupingKey B = GroupingKey.of("b");

  private long now = START;
  private final OffHeapMetricStore store =
      new OffHeapMetricStore(
          new StoreConfig(
              new VersionClock(() -> now, 1),
              () -> now,
              List.of(),
              true,
              RETENTION,
              StorageLimits.NONE),
          new OffHeapMaps(),
          _ -> 0);

  @BeforeEach
  void watch() {
    store.pushLog().watchWipes(MOST_BYTES);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void eachWipeOfAGroupIsAnEndOfItsOwn() throws IOException {
    store.submit(put(A, gauge("x", 1), gauge("y", 1)));
    store.submit(put(B, gauge("x", 1)));
    wipe();
    store.submit(put(A, gauge("x", 2)));
    wipe();
    wipe();

    List<PushLog.Ends> ends = store.pushLog().wipes(_ -> true, START, now);
    assertEquals(2, ends.size());
    assertEquals(
        List.of("push_time_seconds a 10", "x a 10", "y a 10", "push_time_seconds b 10", "x b 10"),
        read(ends.get(0)));
    assertEquals(List.of("push_time_seconds a 20", "x a 20"), read(ends.get(1)));
    assertEquals(
        List.of("push_time_seconds a 20", "x a 20"),
        read(store.pushLog().wipes(_ -> true, START + 11, now).getFirst()));
    assertEquals(List.of(), store.pushLog().wipes(_ -> false, START, now));
  }

  @Test
  void aGroupWithoutSeriesHasNoHistoryAndNoEnd() {
    store.submit(put(A));
    wipe();
    assertEquals(List.of(), store.pushLog().wipes(_ -> true, START, now));
  }

  @Test
  void whatIsOlderThanTheRetentionIsForgotten() throws IOException {
    store.submit(put(A, gauge("x", 1)));
    wipe();
    List<PushLog.Ends> before = store.pushLog().wipes(_ -> true, START, now);
    now += 2 * RETENTION.toMillis();
    assertEquals(List.of(), store.pushLog().wipes(_ -> true, START, now));
    store.sweep();
    store.sweep();
    assertEquals(List.of(), read(before.getFirst()));
  }

  @Test
  void whatIsRememberedIsBounded() throws IOException {
    int length = 4 << 10;
    int most = (int) (MOST_BYTES / length);
    for (int i = 0; i < most + 50; i++) {
      store.submit(put(GroupingKey.of("x".repeat(length) + i), gauge("x", 1)));
    }
    wipe();
    int remembered = read(store.pushLog().wipes(_ -> true, START, now).getFirst()).size() / 2;
    assertTrue(remembered > 0.95 * most && remembered <= most, "remembered=" + remembered);
  }

  @Test
  void nothingIsRememberedWithinNoMemory() {
    store.pushLog().watchWipes(0);
    store.submit(put(A, gauge("x", 1)));
    wipe();
    assertEquals(List.of(), store.pushLog().wipes(_ -> true, START, now));
  }

  private void wipe() {
    now += 10;
    store.wipe();
  }

  /** Name, first letter of the job, and milliseconds since the start of each. */
  private static List<String> read(PushLog.Ends ends) throws IOException {
    var found = new ArrayList<String>();
    HistorySink sink =
        (name, labels, samples) -> {
          assertEquals(1, samples.size());
          assertTrue(HistoryQuery.endsIn(samples));
          long millis = samples.timeMillis(0) - START;
          found.add(name + " " + labels.value("job").orElseThrow().charAt(0) + " " + millis);
        };
    ends.read(new EndlessBudget(), OrderedHistorySink.of(sink));
    return found;
  }
}
