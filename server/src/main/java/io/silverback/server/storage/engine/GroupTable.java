package io.silverback.server.storage.engine;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.Version;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.row.FamilyShape;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.MetricShape;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.StoredGroups;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.KeyBatch;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.QuietGroup;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.maps.CopiedBytes;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.GroupStates;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import io.silverback.server.storage.maps.OffHeapMap;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.pages.HistoryPages;
import io.silverback.server.storage.snapshot.GroupRows;
import io.silverback.server.storage.snapshot.SnapshotMemory;
import io.silverback.server.storage.snapshot.StoreSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the groups as they are published, several or all at a time. Thread-safe. Longer than
 * other classes, as each way to read all groups is here.
 */
public final class GroupTable implements StoredGroups {
  /** Of encoded keys that are held at once. */
  private static final int MOST_KEY_BYTES = 1 << 20;

  /** What an encoded key takes besides its bytes, about. */
  private static final int KEY_BYTES = 32;

  /** Of the keys that are held at once. */
  private static final long BATCH_WEIGHT = 16 << 20;

  private final OffHeapMap groups;
  private final ShapeTable shapes;
  private final Usage usage;
  private final LongSupplier lastGroup;

  /** The snapshots that have to know what changes. */
  private final List<GroupRows> watched = new CopyOnWriteArrayList<>();

  /**
   * The groups of a map.
   *
   * @param lastGroup tells the highest number that a group has
   */
  GroupTable(OffHeapMap groups, ShapeTable shapes, Usage usage, LongSupplier lastGroup) {
    this.groups = groups;
    this.shapes = shapes;
    this.usage = usage;
    this.lastGroup = lastGroup;
  }

  /**
   * The groups that exist, for the server itself; uses the store until it is closed.
   *
   * @param wanted tells which of them
   */
  public Snapshot snapshot(Predicate<GroupingKey> wanted) {
    return snapshot(
        () -> new SnapshotMemory(MemoryPool.unlimited(), 0),
        key -> wanted.test(GroupKeys.decode(key, 0, key.capacity())));
  }

  /**
   * The same for a client.
   *
   * @param pool gives the memory
   * @param wanted tells by the encoded key
   * @throws SnapshotRefusedException if there is not enough
   */
  Snapshot snapshotOf(MemoryPool pool, Predicate<DirectBuffer> wanted) {
    return snapshot(() -> new SnapshotMemory(pool, groups.size()), wanted);
  }

  /**
   * The families of certain versions and nothing else, for a client.
   *
   * @throws SnapshotRefusedException if there is not enough memory
   */
  Snapshot snapshotOfVersions(MemoryPool pool, Predicate<Version> versions) {
    return snapshot(() -> new SnapshotMemory(pool, groups.size()), _ -> true, versions);
  }

  /**
   * The same.
   *
   * @param memory asked once, and closed with the snapshot
   */
  Snapshot snapshot(Supplier<SnapshotMemory> memory, Predicate<DirectBuffer> wanted) {
    return snapshot(memory, wanted, null);
  }

  private Snapshot snapshot(
      Supplier<SnapshotMemory> memory,
      Predicate<DirectBuffer> wanted,
      @Nullable Predicate<Version> versions) {
    usage.enter();
    SnapshotMemory taken;
    try {
      taken = memory.get();
    } catch (SnapshotRefusedException e) {
      usage.exit();
      throw e;
    }
    return snapshot(taken, wanted, versions);
  }

  private Snapshot snapshot(
      SnapshotMemory memory,
      Predicate<DirectBuffer> wanted,
      @Nullable Predicate<Version> versions) {
    ShapeTable.Visit visit = shapes.visit();
    var rows = new GroupRows(memory, shapes, lastGroup.getAsLong(), versions);
    var snapshot =
        new StoreSnapshot(
            rows,
            shapes,
            memory,
            () -> {
              unwatch(rows);
              visit.close();
              usage.exit();
            });
    watch(rows);
    try {
      groups.forEach(
          (key, entry) -> {
            GroupFrameReader frame = HistoryHead.frameAfter(entry);
            boolean isShown = versions == null || GroupRows.showsAny(frame, versions);
            if (frame.exists() && isShown && wanted.test(key)) {
              rows.add(key, entry, frame);
            }
          });
      return snapshot;
    } catch (RuntimeException | Error e) {
      snapshot.close();
      throw e;
    }
  }

  private synchronized void watch(GroupRows rows) {
    watched.add(rows);
    groups.beforeChange((key, entry) -> watched.forEach(each -> each.keep(key, entry)));
  }

  private synchronized void unwatch(GroupRows rows) {
    watched.remove(rows);
    if (watched.isEmpty()) {
      groups.beforeChange(null);
    }
  }

  /**
   * Hands over the key of every group that existed or had history when this was called, in their
   * order; holds some of them at a time, and uses the store only between two.
   */
  void forEachKey(Consumer<GroupingKey> consumer) {
    Optional<KeyBatch> next = Optional.of(KeyBatch.first(BATCH_WEIGHT));
    while (next.isPresent()) {
      KeyBatch batch = next.get();
      usage.enter();
      try {
        forEachKeyOf(_ -> true, batch::offer);
      } finally {
        usage.exit();
      }
      batch.keys().forEach(consumer);
      next = batch.next();
    }
  }

  /**
   * The encoded keys of groups that exist or have history, of those in one part of the map.
   *
   * @param copies keeps them until it is closed
   */
  List<DirectBuffer> keysIn(int part, Predicate<GroupingKey> wanted, CopiedBytes copies) {
    var keys = new ArrayList<DirectBuffer>();
    groups.forEachIn(
        part,
        (key, _) -> {
          if (wanted.test(GroupKeys.decode(key, 0, key.capacity()))) {
            keys.add(copies.copy(key, 0, key.capacity()));
          }
        });
    return keys;
  }

  /** The keys of the groups in one part to which something happened at that time or later. */
  List<byte[]> keysChangedIn(int part, long sinceMillis) {
    var keys = new ArrayList<byte[]>();
    groups.forEachIn(
        part,
        (key, entry) -> {
          if (newestMillis(HistoryHead.frameAfter(entry).bounds()) >= sinceMillis) {
            keys.add(Keys.copyOf(key));
          }
        });
    return keys;
  }

  private static long newestMillis(GroupBounds bounds) {
    return Math.max(bounds.push().wallMillis(), bounds.removedMillis());
  }

  /** Calls the consumer with the key of each group that exists. */
  public void names(Consumer<GroupingKey> consumer) {
    usage.enter();
    try {
      forEachKeyOf(entry -> HistoryHead.frameAfter(entry).exists(), consumer);
    } finally {
      usage.exit();
    }
  }

  /**
   * Calls the consumer with the keys of such entries, those of one part of the map after the lock
   * of that part is left: with a million groups it may take its time over them, and pushes to other
   * groups of the part would wait for all of it.
   */
  private void forEachKeyOf(Predicate<UnsafeBuffer> wanted, Consumer<GroupingKey> consumer) {
    var keys = new ExpandableArrayBuffer();
    int[] end = new int[1];
    for (int part = 0; part < groups.parts(); part++) {
      end[0] = 0;
      groups.forEachIn(
          part,
          (key, entry) -> {
            if (wanted.test(entry)) {
              keys.putInt(end[0], key.capacity());
              keys.putBytes(end[0] + Integer.BYTES, key, 0, key.capacity());
              end[0] += Integer.BYTES + key.capacity();
            }
          });
      int at = 0;
      while (at < end[0]) {
        int length = keys.getInt(at);
        consumer.accept(GroupKeys.decode(keys, at + Integer.BYTES, length));
        at += Integer.BYTES + length;
      }
    }
  }

  /** The group of that key as it is now; empty if it does not exist. */
  Optional<GroupState> group(GroupingKey key) {
    var copy = new ExpandableArrayBuffer();
    int[] length = new int[1];
    usage.enter();
    try (var _ = shapes.visit()) {
      boolean isThere =
          groups.read(
              GroupKeys.encode(key),
              entry -> {
                length[0] = entry.capacity();
                copy.putBytes(0, entry, 0, entry.capacity());
              });
      if (!isThere) {
        return Optional.empty();
      }
      var entry = new UnsafeBuffer(copy, 0, length[0]);
      int start = HistoryHead.length(entry);
      GroupFrame frame = GroupFrame.decode(entry, start, length[0] - start);
      return frame.exists()
          ? Optional.of(GroupStates.decode(key, frame, shapes.shape(frame.shape())))
          : Optional.empty();
    } finally {
      usage.exit();
    }
  }

  /** Hands over what each group that exists holds. */
  void sizes(MetricStore.SizeSink sink) {
    var cursor = new RowPageCursor();
    usage.enter();
    try {
      groups.forEach(
          (key, entry) -> {
            GroupFrameReader frame = HistoryHead.frameAfter(entry);
            if (frame.exists()) {
              long bytes = key.capacity() + entry.capacity() + openBytes(entry, cursor);
              sink.group(
                  GroupKeys.decode(key, 0, key.capacity()),
                  frame.bounds(),
                  frame.columnCount(),
                  bytes);
            }
          });
    } finally {
      usage.exit();
    }
  }

  /** Hands over each group that exists, after the lock of its part of the map is left. */
  void shapes(MetricStore.ShapeSink sink) {
    usage.enter();
    try {
      for (int part = 0; part < groups.parts(); part++) {
        shapesIn(part, sink);
      }
    } finally {
      usage.exit();
    }
  }

  private void shapesIn(int part, MetricStore.ShapeSink sink) {
    var found = new ArrayList<Map.Entry<byte[], Fingerprint>>();
    try (var _ = shapes.visit()) {
      groups.forEachIn(
          part,
          (key, entry) -> {
            GroupFrameReader frame = HistoryHead.frameAfter(entry);
            if (frame.exists()) {
              found.add(Map.entry(Keys.copyOf(key), frame.shape()));
            }
          });
      for (Map.Entry<byte[], Fingerprint> group : found) {
        Fingerprint shape = group.getValue();
        sink.group(GroupKeys.decode(group.getKey()), shape, metrics -> hold(shape, metrics));
      }
    }
  }

  private void hold(Fingerprint fingerprint, MetricStore.MetricSink sink) {
    for (FamilyShape family : shapes.shape(fingerprint).families()) {
      for (MetricShape metric : family.metrics()) {
        sink.metric(
            family.name(),
            family.type(),
            metric.labels(),
            metric.layout().columnCount(),
            metric.layout().boundCount());
      }
    }
  }

  /**
   * Hands over each group that exists and is quiet, or stale.
   *
   * @param nowMillis by the clock of the heads
   */
  void quietGroups(long nowMillis, Duration atLeast, MetricStore.QuietSink sink) {
    long latest = nowMillis - atLeast.toMillis();
    usage.enter();
    try {
      groups.forEach(
          (key, entry) -> {
            long since = HistoryHead.quietSince(entry);
            GroupFrameReader frame = HistoryHead.frameAfter(entry);
            if ((since <= latest && frame.exists()) || frame.isStale()) {
              GroupBounds bounds = frame.bounds();
              boolean isStale = bounds.isStale();
              sink.group(
                  new QuietGroup(
                      GroupKeys.decode(key, 0, key.capacity()),
                      isStale,
                      isStale ? bounds.expiry().version() : bounds.lastPush().version(),
                      Duration.ofMillis(nowMillis - since),
                      bounds.rhythm()));
            }
          });
    } finally {
      usage.exit();
    }
  }

  private static long openBytes(DirectBuffer entry, RowPageCursor cursor) {
    long bytes = 0;
    for (int block = 0; block < HistoryHead.blocks(HistoryHead.columns(entry)); block++) {
      HistoryHead.readCursor(entry, block, cursor);
      bytes += cursor.lengthBytes();
    }
    return bytes;
  }

  /**
   * Groups that have history older than it is to be kept.
   *
   * @param keys encoded
   * @param isFull true if there may be more groups, which the next look names
   */
  record Expired(List<byte[]> keys, boolean isFull) {}

  /** Some of the groups that have history older than it is to be kept. */
  Expired withExpired(HistoryPages history, long nowMillis) {
    var keys = new ArrayList<byte[]>();
    int[] bytes = new int[1];
    var cursor = new RowPageCursor();
    usage.enter();
    try {
      groups.forEach(
          (key, entry) -> {
            if (bytes[0] < MOST_KEY_BYTES && history.hasExpired(entry, nowMillis, cursor)) {
              keys.add(Keys.copyOf(key));
              bytes[0] += KEY_BYTES + key.capacity();
            }
          });
    } finally {
      usage.exit();
    }
    return new Expired(keys, bytes[0] >= MOST_KEY_BYTES);
  }

  /** Hands over each group that exists with the types of those of its families that show. */
  void forEachOutline(BiConsumer<GroupingKey, Map<String, MetricType>> consumer) {
    groups.forEach(
        (key, entry) -> {
          GroupFrameReader frame = HistoryHead.frameAfter(entry);
          if (frame.exists()) {
            consumer.accept(GroupKeys.decode(key, 0, key.capacity()), outline(frame.shape()));
          }
        });
  }

  private Map<String, MetricType> outline(Fingerprint fingerprint) {
    var outline = new HashMap<String, MetricType>();
    if (!fingerprint.equals(Fingerprint.NONE)) {
      ShapeReader shape = shapes.reader(fingerprint);
      while (shape.nextFamily()) {
        if (shape.metricCount() > 0) {
          outline.put(shape.name(), shape.type());
        }
      }
    }
    return outline;
  }

  @Override
  public boolean exists(GroupingKey key) {
    boolean[] exists = new boolean[1];
    groups.read(GroupKeys.encode(key), entry -> exists[0] = HistoryHead.frameAfter(entry).exists());
    return exists[0];
  }

  @Override
  public void forEachGroupOf(String job, Consumer<GroupState> consumer) {
    try (Snapshot snapshot = snapshot(key -> key.job().equals(job))) {
      snapshot.groups().forEach(consumer);
    }
  }

  /** What keeps the frame from having an entry. */
  Optional<Obstacle> obstacle(GroupFrame frame) {
    long length = frame.lengthBytes() + HistoryHead.maxLength(frame.columnCount());
    return length <= groups.longestBytes()
        ? Optional.empty()
        : Optional.of(
            new Obstacle.TooMuch(
                Limit.ENTRY,
                "the group is too large to store, push it as several groups: series="
                    + frame.columnCount()
                    + " length="
                    + length
                    + " limit="
                    + groups.longestBytes()));
  }
}
