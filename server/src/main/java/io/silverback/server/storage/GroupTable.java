package io.silverback.server.storage;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.row.GroupFrame;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.RowPageCursor;
import io.silverback.codec.row.ShapeReader;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.StoredGroups;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;

/** Looks at the groups as they are published, several or all at a time. Thread-safe. */
final class GroupTable implements StoredGroups {
  /** How many groups with old history are named at once; the next look names the others. */
  static final int EXPIRED_AT_ONCE = 10_000;

  private final OffHeapMap groups;
  private final ShapeTable shapes;
  private final Usage usage;

  GroupTable(OffHeapMap groups, ShapeTable shapes, Usage usage) {
    this.groups = groups;
    this.shapes = shapes;
    this.usage = usage;
  }

  /** The groups that exist, in the order of their keys; uses the store until it is closed. */
  Snapshot snapshot(Predicate<GroupingKey> wanted) {
    return snapshotOf(key -> wanted.test(GroupKeys.decode(key, 0, key.capacity())));
  }

  /** The same, told by the encoded key. */
  Snapshot snapshotOf(Predicate<DirectBuffer> wanted) {
    usage.enter();
    return StoreSnapshot.of(groups, shapes, wanted, usage::exit);
  }

  /** The keys of groups that exist or have history, in their order. */
  List<GroupingKey> keys(Predicate<GroupingKey> wanted) {
    var keys = new ArrayList<GroupingKey>();
    usage.enter();
    try {
      groups.forEach(
          (key, _) -> {
            GroupingKey group = GroupKeys.decode(key, 0, key.capacity());
            if (wanted.test(group)) {
              keys.add(group);
            }
          });
    } finally {
      usage.exit();
    }
    keys.sort(Comparator.naturalOrder());
    return keys;
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

  /** Tells of each group that exists what it holds. */
  void sizes(MetricStore.SizeSink sink) {
    var cursor = new RowPageCursor();
    usage.enter();
    try {
      groups.forEach(
          (key, entry) -> {
            GroupFrameReader frame = frame(entry);
            if (frame.exists()) {
              long bytes = key.capacity() + entry.capacity() + openBytes(entry, cursor);
              sink.group(GroupKeys.decode(key, 0, key.capacity()), frame.columnCount(), bytes);
            }
          });
    } finally {
      usage.exit();
    }
  }

  /**
   * Tells of each group that exists and is quiet, or stale.
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
            GroupFrameReader frame = frame(entry);
            if ((since <= latest && frame.exists()) || frame.isStale()) {
              sink.group(
                  new QuietGroup(
                      GroupKeys.decode(key, 0, key.capacity()),
                      frame.isStale(),
                      frame.isStale() ? frame.expiry().version() : frame.lastPush().version(),
                      Duration.ofMillis(nowMillis - since),
                      frame.rhythm()));
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

  /** Groups that have history older than it is to be kept. */
  List<GroupingKey> withExpired(HistoryPages history, long nowMillis) {
    var expired = new ArrayList<GroupingKey>();
    var cursor = new RowPageCursor();
    usage.enter();
    try {
      groups.forEach(
          (key, entry) -> {
            if (expired.size() < EXPIRED_AT_ONCE && history.hasExpired(entry, nowMillis, cursor)) {
              expired.add(GroupKeys.decode(key, 0, key.capacity()));
            }
          });
    } finally {
      usage.exit();
    }
    return expired;
  }

  /** Hands over each group that exists with the types of those of its families that show. */
  void forEachOutline(BiConsumer<GroupingKey, Map<String, MetricType>> consumer) {
    groups.forEach(
        (key, entry) -> {
          GroupFrameReader frame = frame(entry);
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
    groups.read(GroupKeys.encode(key), entry -> exists[0] = frame(entry).exists());
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

  /** The frame of an entry. */
  static GroupFrameReader frame(DirectBuffer entry) {
    int headLength = HistoryHead.length(entry);
    return new GroupFrameReader(entry, headLength, entry.capacity() - headLength);
  }
}
