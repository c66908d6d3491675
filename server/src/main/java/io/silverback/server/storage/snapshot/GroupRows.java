package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.ShapeTable;
import io.silverback.server.storage.maps.SpinLock;
import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The groups of a snapshot as they were when it was taken: where each is in the map, and what it
 * was if it has changed since.
 *
 * <p>A group is copied only when it is about to change, so a snapshot takes a little for each
 * group, whatever that holds. A change for which there is no memory loses the group for this
 * snapshot.
 *
 * <p>For one reader; {@link #keep} is for writers and thread-safe.
 *
 * <p>Longer than other classes, as what readers and writers agree on without a lock is in one
 * place.
 */
public final class GroupRows implements AutoCloseable {
  /*
   * Implementation notes
   *
   * (1) A row knows its group by the address of the key, which stays as it is until the entry is
   * overwritten, moves or goes. The map shows an entry to keep() before any of that happens, under
   * the lock that it was found under, so there is no moment in which a change is missed. What was
   * found at an address first is what the row means: the place may belong to another group later.
   *
   * (2) Readers take no lock, or a scrape would hold up pushes. They read, and then look whether
   * anything has changed meanwhile; if so, what they read may be half of it, and they read again.
   * The counter is raised before the map is touched.
   */

  /** What a group takes, its places in the orders included. */
  static final int BYTES_OF_GROUP = 40 + 3 * Integer.BYTES;

  private static final int KEY_ADDRESS = 0;
  private static final int SHAPE_ADDRESS = KEY_ADDRESS + Long.BYTES;
  private static final int KEY_LENGTH = SHAPE_ADDRESS + Long.BYTES;
  private static final int FRAME = KEY_LENGTH + Integer.BYTES;
  private static final int FRAME_LENGTH = FRAME + Integer.BYTES;
  private static final int PAIRS = FRAME_LENGTH + Integer.BYTES;
  private static final int EXTRAS = PAIRS + Integer.BYTES;
  private static final int SHAPE_LENGTH = EXTRAS + Integer.BYTES;
  private static final int ROW_LENGTH = SHAPE_LENGTH + Integer.BYTES;

  /** What fits into one buffer. */
  private static final int MOST_GROUPS = Integer.MAX_VALUE / ROW_LENGTH;

  private static final long UNCHANGED = 0;
  private static final long LOST = -1;
  private static final int CHUNK_LENGTH = 256 * 1024;

  /** Shapes that are looked up again and again, as many groups have the same. */
  private static final int KNOWN_SHAPES = 1024;

  private final SnapshotMemory memory;
  private final ShapeTable shapes;
  private final long lastGroup;
  private final @Nullable ShownFamilies shown;
  private final Arena arena = Arena.ofShared();
  private final @Nullable Located[] known = new Located[KNOWN_SHAPES];
  private final UnsafeBuffer leftKey = new UnsafeBuffer();
  private final UnsafeBuffer rightKey = new UnsafeBuffer();
  private UnsafeBuffer rows;
  private int count;
  private int @Nullable [] byKey;

  private final Long2LongHashMap images = new Long2LongHashMap(UNCHANGED);
  private UnsafeBuffer chunk = new UnsafeBuffer();
  private int chunkUsed;
  private boolean isClosed;

  /** Of the images and the memory for them. Taken under the locks of maps, so nobody parks. */
  private final SpinLock imagesLock = new SpinLock();

  private volatile int changes;
  private volatile int lost;

  private record Located(Fingerprint fingerprint, DirectBuffer bytes) {}

  private static final Located NO_SHAPE = new Located(Fingerprint.NONE, new UnsafeBuffer(0, 0));

  /**
   * No groups yet.
   *
   * @param memory has room for as many as it expects
   * @param lastGroup the highest number that a group has; those above come too late
   */
  public GroupRows(SnapshotMemory memory, ShapeTable shapes, long lastGroup) {
    this(memory, shapes, lastGroup, null);
  }

  /**
   * The same of which only families of certain versions are shown.
   *
   * @param versions null for all
   */
  public GroupRows(
      SnapshotMemory memory,
      ShapeTable shapes,
      long lastGroup,
      @Nullable Predicate<Version> versions) {
    this.shown = versions == null ? null : new ShownFamilies(this, versions);
    this.memory = memory;
    this.shapes = shapes;
    this.lastGroup = lastGroup;
    this.rows = allocate(roomFor(memory.expectedGroups()));
  }

  /** True if anything is shown of a group with that frame where those versions are. */
  public static boolean showsAny(GroupFrameReader frame, Predicate<Version> versions) {
    GroupBounds bounds = frame.bounds();
    return versions.test(bounds.push().version())
        || versions.test(bounds.failure().version())
        || frame.families().stream().anyMatch(family -> versions.test(family.version()));
  }

  /** Adds a group as it is in the map. Called under the lock of the group. */
  public void add(DirectBuffer key, DirectBuffer entry, GroupFrameReader frame) {
    if (HistoryHead.group(entry) > lastGroup) {
      return;
    }
    if (rows.capacity() < (count + 1L) * ROW_LENGTH) {
      grow();
    }
    int at = count * ROW_LENGTH;
    int head = HistoryHead.length(entry);
    Located shape = locate(frame.shape());
    rows.putLong(at + KEY_ADDRESS, key.addressOffset());
    rows.putLong(at + SHAPE_ADDRESS, shape.bytes.addressOffset());
    rows.putInt(at + KEY_LENGTH, key.capacity());
    rows.putInt(at + FRAME, (int) (entry.addressOffset() - key.addressOffset()) + head);
    rows.putInt(at + FRAME_LENGTH, entry.capacity() - head);
    rows.putInt(at + PAIRS, GroupKeys.pairs(key));
    rows.putInt(at + EXTRAS, frame.extrasPosition());
    rows.putInt(at + SHAPE_LENGTH, shape.bytes.capacity());
    count++;
    forget(key.addressOffset());
  }

  private void grow() {
    int more = Math.max(64, count / 8);
    memory.takeAtOnce((long) more * BYTES_OF_GROUP);
    UnsafeBuffer larger = allocate(roomFor((long) count + more));
    larger.putBytes(0, rows, 0, count * ROW_LENGTH);
    rows = larger;
  }

  /** Bytes for that many groups, if one answer can have them. */
  static long roomFor(long groups) {
    if (groups > MOST_GROUPS) {
      throw new SnapshotRefusedException(
          "more groups than one answer can show, spread them over more servers: most="
              + MOST_GROUPS);
    }
    return Math.max(1, groups) * ROW_LENGTH;
  }

  private Located locate(Fingerprint shape) {
    if (shape.equals(Fingerprint.NONE)) {
      return NO_SHAPE;
    }
    int slot = (int) shape.low() & (KNOWN_SHAPES - 1);
    Located located = known[slot];
    if (located == null || !located.fingerprint.equals(shape)) {
      located = new Located(shape, shapes.bytes(shape));
      known[slot] = located;
    }
    return located;
  }

  /** What changed before the group was found is of no interest. */
  private void forget(long address) {
    imagesLock.lock();
    try {
      images.remove(address);
    } finally {
      imagesLock.unlock();
    }
  }

  /** Keeps what a group is, if the snapshot has it, before that changes. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock.
  public void keep(UnsafeBuffer key, UnsafeBuffer entry) {
    if (HistoryHead.group(entry) > lastGroup) {
      return;
    }
    imagesLock.lock();
    try {
      long address = key.addressOffset();
      if (!isClosed && images.get(address) == UNCHANGED) {
        long image = imageOf(key, entry);
        images.put(address, image);
        lost += image == LOST ? 1 : 0;
        changes++;
      }
    } finally {
      imagesLock.unlock();
    }
    // Nothing of the change may be seen before the counter.
    VarHandle.fullFence();
  }

  private long imageOf(DirectBuffer key, DirectBuffer entry) {
    int head = HistoryHead.length(entry);
    int frameLength = entry.capacity() - head;
    int length = key.capacity() + frameLength;
    if (length > chunk.capacity() - chunkUsed) {
      int needed = Math.max(length, CHUNK_LENGTH);
      if (!memory.tryTakeForChange(needed)) {
        return LOST;
      }
      chunk = allocate(needed);
      chunkUsed = 0;
    }
    int at = chunkUsed;
    chunk.putBytes(at, key, 0, key.capacity());
    chunk.putBytes(at + key.capacity(), entry, head, frameLength);
    chunkUsed += length;
    return chunk.addressOffset() + at;
  }

  int count() {
    return count;
  }

  /** How many groups changed without having been kept; they have no bytes any more. */
  int lost() {
    return lost;
  }

  /** How many labels the key has. */
  int pairs(int row) {
    return rows.getInt(row * ROW_LENGTH + PAIRS);
  }

  int keyLength(int row) {
    return rows.getInt(row * ROW_LENGTH + KEY_LENGTH);
  }

  /** The offset of the extras in its frame; 0 without extras. */
  int extras(int row) {
    return rows.getInt(row * ROW_LENGTH + EXTRAS);
  }

  /** The address of the shape, which is the same for groups of the same shape; 0 for none. */
  long shape(int row) {
    return rows.getLong(row * ROW_LENGTH + SHAPE_ADDRESS);
  }

  int shapeLength(int row) {
    return rows.getInt(row * ROW_LENGTH + SHAPE_LENGTH);
  }

  /** Lets the view show the key, as it is now; nothing if the group is lost. */
  void key(int row, UnsafeBuffer view) {
    long image = image(row);
    long address = image == UNCHANGED ? rows.getLong(row * ROW_LENGTH + KEY_ADDRESS) : image;
    view.wrap(address, image == LOST ? 0 : rows.getInt(row * ROW_LENGTH + KEY_LENGTH));
  }

  /** Lets the view show the frame, as it is now; nothing if the group is lost. */
  void frame(int row, UnsafeBuffer view) {
    long image = image(row);
    int at = row * ROW_LENGTH;
    long address =
        image == UNCHANGED
            ? rows.getLong(at + KEY_ADDRESS) + rows.getInt(at + FRAME)
            : image + rows.getInt(at + KEY_LENGTH);
    view.wrap(address, image == LOST ? 0 : rows.getInt(at + FRAME_LENGTH));
  }

  boolean isLost(int row) {
    return lost > 0 && image(row) == LOST;
  }

  private long image(int row) {
    if (changes == 0) {
      return UNCHANGED;
    }
    imagesLock.lock();
    try {
      return images.get(rows.getLong(row * ROW_LENGTH + KEY_ADDRESS));
    } finally {
      imagesLock.unlock();
    }
  }

  /**
   * What a reader of keys and frames makes of them. It is called again if something changed
   * meanwhile, and must not keep a view for longer.
   */
  <T> T read(Supplier<T> reader) {
    while (true) {
      int before = changes;
      try {
        T result = reader.get();
        VarHandle.loadLoadFence();
        if (changes == before) {
          return result;
        }
      } catch (RuntimeException e) {
        // It may have read half of a change.
        if (changes == before) {
          throw e;
        }
      }
    }
  }

  /** The same for a number. */
  int readInt(IntSupplier reader) {
    while (true) {
      int before = changes;
      try {
        int result = reader.getAsInt();
        VarHandle.loadLoadFence();
        if (changes == before) {
          return result;
        }
      } catch (RuntimeException e) {
        if (changes == before) {
          throw e;
        }
      }
    }
  }

  /** The labels of the grouping key; none if the group is lost. */
  Labels keyLabels(int row) {
    return read(
        () -> {
          key(row, leftKey);
          return GroupKeys.labels(leftKey, 0, leftKey.capacity());
        });
  }

  /** True if the key of the row comes after that one; false if the group is lost. */
  boolean isAfter(int row, DirectBuffer otherKey) {
    return readInt(
            () -> {
              key(row, leftKey);
              return GroupKeys.compare(leftKey, otherKey);
            })
        > 0;
  }

  /** All rows in the order of the keys; not to be changed. */
  int[] byKey() {
    int[] order = byKey;
    if (order == null) {
      order = NumberOrder.ascending(count);
      NumberOrder keys = this::compareKeys;
      keys.sort(order);
      byKey = order;
    }
    return order;
  }

  /**
   * All rows in the order of their shapes, of each shape in that of the keys. Where not all is
   * shown, those of a shape that show the same families are together.
   */
  int[] byShape() {
    int[] order = byKey().clone();
    NumberOrder places = this::compareShapes;
    places.sort(order);
    return order;
  }

  private int compareShapes(int left, int right) {
    int order = Long.compare(shape(left), shape(right));
    return order != 0 || shown == null ? order : shown.compare(left, right);
  }

  /** True if two groups have one shape and show the same families. */
  boolean areAlike(int left, int right) {
    return compareShapes(left, right) == 0;
  }

  /** What is shown, if not all. */
  Optional<ShownFamilies> shown() {
    return Optional.ofNullable(shown);
  }

  int compareKeys(int left, int right) {
    return readInt(
        () -> {
          key(left, leftKey);
          key(right, rightKey);
          return GroupKeys.compare(leftKey, rightKey);
        });
  }

  @Override
  public void close() {
    imagesLock.lock();
    isClosed = true;
    imagesLock.unlock();
    arena.close();
  }

  /** Bytes outside of the heap, of which all are 0, until the close. */
  UnsafeBuffer allocate(long length) {
    return new UnsafeBuffer(arena.allocate(length, Long.BYTES).address(), (int) length);
  }
}
