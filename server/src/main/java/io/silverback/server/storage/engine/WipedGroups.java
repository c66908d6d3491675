package io.silverback.server.storage.engine;

import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.row.FloatSeries;
import io.silverback.codec.row.GroupFrame;
import io.silverback.server.group.PushTimes;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.log.Log;
import io.silverback.server.log.RateLimitedLog;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Samples;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.pages.Retention;
import io.silverback.server.storage.pages.SeriesWalk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Which groups wipes took out within the retention, for a reader that has to know that their series
 * ended: a wipe leaves nothing of them in the maps. Thread-safe.
 *
 * <p>Of each group there is its key and the fingerprint of its shape, which stays in use meanwhile.
 * So a group takes some 200 bytes of heap, however many series it has. Groups that would take more
 * than a limit are not remembered. It begins with {@link #watch}, and ends with the process.
 */
public final class WipedGroups {
  private static final Log log = Log.of(WipedGroups.class);
  private static final RateLimitedLog failures =
      new RateLimitedLog(log, Duration.ofMinutes(1), 1, System::nanoTime);

  /** What a group takes besides the bytes of its key, about. */
  private static final int GROUP_BYTES = 120;

  private static final HistoryQuery ALL =
      new HistoryQuery(List.of(SeriesSelector.ALL), Long.MIN_VALUE, Long.MAX_VALUE, true);

  private final ShapeTable shapes;
  private final Retention retention;
  private final LongSupplier wallMillis;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Wiped> groups = new ArrayDeque<>();
  private long bytes;

  /** 0 before anyone wants to know. */
  private volatile long mostBytes;

  /**
   * A group that was wiped.
   *
   * @param wipedMillis when, by the clock of this server; never before an earlier one
   * @param endMillis the time of the end of its series, the same on all servers
   */
  private record Wiped(byte[] key, Fingerprint shape, long wipedMillis, long endMillis) {}

  /** A sample that says that a series ended. */
  private record End(long millis) implements Samples {
    @Override
    public int size() {
      return 1;
    }

    @Override
    public long timeMillis(int index) {
      return millis;
    }

    @Override
    public double value(int index) {
      return HistoryQuery.STALE;
    }
  }

  WipedGroups(ShapeTable shapes, Retention retention, LongSupplier wallMillis) {
    this.shapes = shapes;
    this.retention = retention;
    this.wallMillis = wallMillis;
  }

  /** From now on remembers what is wiped, within that many bytes of heap. */
  void watch(long most) {
    mostBytes = most;
  }

  /**
   * Takes a group out and remembers it, if it was pushed to within the retention. Called under the
   * lock of the group.
   *
   * @param endMillis when its series end; later if they have a later sample
   * @param removal takes it out; if it throws nothing is remembered
   */
  public void remove(byte[] key, Workspace workspace, long endMillis, Runnable removal) {
    GroupFrame frame = workspace.frame();
    if (mostBytes == 0 || !frame.exists() || !workspace.hasHistory()) {
      removal.run();
      return;
    }
    Fingerprint shape = frame.shape();
    long end = Math.max(endMillis, frame.bounds().pushMillis() + 1);
    shapes.acquire(shape);
    boolean isRemembered = false;
    try {
      removal.run();
      isRemembered = add(key, shape, end);
    } finally {
      if (!isRemembered) {
        shapes.release(shape);
      }
    }
  }

  private boolean add(byte[] key, Fingerprint shape, long endMillis) {
    lock.lock();
    try {
      dropOld();
      if (bytes + GROUP_BYTES + key.length > mostBytes) {
        failures.warn(
            "full",
            "so much was wiped that no more stale samples can be sent for it, raise"
                + " --limits.max-wiped-memory",
            "groups",
            groups.size());
        return false;
      }
      // Under the lock, so that a reader who comes after that moment finds it.
      long now = wallMillis.getAsLong();
      long wiped = groups.isEmpty() ? now : Math.max(now, groups.getLast().wipedMillis());
      groups.add(new Wiped(key.clone(), shape, wiped, endMillis));
      bytes += GROUP_BYTES + key.length;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void dropOld() {
    long oldest = retention.oldestMillis(wallMillis.getAsLong());
    while (!groups.isEmpty() && groups.getFirst().wipedMillis() < oldest) {
      Wiped old = groups.remove();
      bytes -= GROUP_BYTES + old.key().length;
      shapes.release(old.shape());
    }
  }

  /** What {@link PushLog#wipes} says. */
  List<PushLog.Ends> ends(Predicate<byte[]> wanted, long fromMillis, long toMillis) {
    var times = new ArrayList<List<Wiped>>();
    for (List<Wiped> wipes : byKey(wanted, fromMillis, toMillis)) {
      for (int time = 0; time < wipes.size(); time++) {
        if (time == times.size()) {
          times.add(new ArrayList<>());
        }
        times.get(time).add(wipes.get(time));
      }
    }
    return times.stream()
        .<PushLog.Ends>map(wipes -> (budget, sink) -> read(wipes, budget, sink))
        .toList();
  }

  private void read(List<Wiped> wipes, QueryBudget budget, OrderedHistorySink sink)
      throws IOException {
    try (var _ = shapes.visit()) {
      // Shapes of before may be gone, and later ones stay for the visit.
      long oldest = retention.oldestMillis(wallMillis.getAsLong());
      for (Wiped each : wipes) {
        budget.goOn();
        if (each.wipedMillis() >= oldest) {
          read(each, sink);
        }
      }
    }
  }

  private void read(Wiped wiped, OrderedHistorySink sink) throws IOException {
    GroupingKey key = GroupKeys.decode(wiped.key());
    var end = new End(wiped.endMillis());
    sink.group(wiped.key());
    Labels labels = PushTimes.success(key, 0).metrics().getFirst().labels();
    sink.family(HistoryReader.PUSH_TIMES);
    sink.series(HistoryReader.NO_FAMILY, PushTimes.SUCCESS, labels, end);
    var walk = new SeriesWalk(key, List.of(wiped.shape()), shapes, ALL);
    while (walk.hasNext()) {
      for (FloatSeries series : walk.next().keySet()) {
        FamilyMetadata family = walk.family();
        sink.family(family);
        sink.series(family.name(), series.name(), series.labels(), end);
      }
    }
  }

  private Collection<List<Wiped>> byKey(Predicate<byte[]> wanted, long fromMillis, long toMillis) {
    List<Wiped> found = new ArrayList<>();
    lock.lock();
    try {
      dropOld();
      for (Wiped each : groups) {
        if (each.wipedMillis() >= fromMillis && each.wipedMillis() <= toMillis) {
          found.add(each);
        }
      }
    } finally {
      lock.unlock();
    }
    Comparator<byte[]> order = Arrays::compareUnsigned;
    var byKey = new TreeMap<byte[], List<Wiped>>(order);
    for (Wiped each : found) {
      if (wanted.test(each.key())) {
        byKey.computeIfAbsent(each.key(), _ -> new ArrayList<>(1)).add(each);
      }
    }
    return byKey.values();
  }
}
