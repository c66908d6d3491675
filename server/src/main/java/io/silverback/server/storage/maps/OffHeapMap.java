package io.silverback.server.storage.maps;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import net.openhft.chronicle.map.MapEntry;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A map from bytes to bytes outside of the heap.
 *
 * <p>Thread-safe: each call is one step, and those of one key come one after the other. What a
 * reader or editor is handed is the stored value itself, valid until it returns; it must be quick,
 * since it holds a lock that other keys share, and must not call the map. Using a map after its
 * close crashes the JVM, which is for the owner to prevent.
 */
public final class OffHeapMap implements AutoCloseable {
  /** What an entry takes beside its key and value: their lengths, and its place in the index. */
  private static final int ENTRY_OVERHEAD_BYTES = 16;

  /** Less is not worth looking for. */
  private static final long WORTH_GIVING_BACK = 1 << 20;

  private final Plan plan;
  private final ChronicleMap<byte[], UnsafeBuffer> map;
  private final LongAdder allocated = new LongAdder();
  private final AtomicLong taken = new AtomicLong();

  /** Null if nothing is to outlive the process. */
  private final @Nullable WriteLanes lanes;

  /** Null unless a caller wants to see what is about to go. */
  private volatile @Nullable EntryVisitor beforeChange;

  private OffHeapMap(
      Plan plan, ChronicleMap<byte[], UnsafeBuffer> map, @Nullable WriteLanes lanes) {
    this.plan = plan;
    this.map = map;
    this.lanes = lanes;
  }

  /**
   * How a map is laid out.
   *
   * @param number by which its entries are known in files
   * @param keyBytes the usual length of a key
   * @param chunkBytes what entries are rounded up to
   * @param segments how many entries can be changed side by side
   * @param tierBytes the room that a segment grows by, and twice the longest entry
   * @param entriesPerTier how many entries a segment grows by
   * @param editedBytes how many bytes at the start of a value may be edited in place
   * @param growth how many times as much room as at first the map may have in the end
   */
  public record Plan(
      String name,
      int number,
      int keyBytes,
      int chunkBytes,
      int segments,
      long tierBytes,
      int entriesPerTier,
      int editedBytes,
      int growth) {
    /** Address space for more than any machine has memory. */
    private static final int USUAL_GROWTH = 1000;

    /** A map that practically grows for ever. */
    public Plan(
        String name,
        int number,
        int keyBytes,
        int chunkBytes,
        int segments,
        long tierBytes,
        int entriesPerTier,
        int editedBytes) {
      this(
          name,
          number,
          keyBytes,
          chunkBytes,
          segments,
          tierBytes,
          entriesPerTier,
          editedBytes,
          USUAL_GROWTH);
    }

    /** How long a value can be. */
    int longestBytes() {
      return (int) tierBytes / 2;
    }

    /** A map that ends with the process. */
    OffHeapMap create() {
      return new OffHeapMap(this, builder(false).create(), null);
    }

    /** A map in a new file of its name. */
    public OffHeapMap createIn(Path folder, WriteLanes lanes) throws IOException {
      var map = builder(true).sparseFile(true).createPersistedTo(folder.resolve(name).toFile());
      return new OffHeapMap(this, map, lanes);
    }

    private ChronicleMapBuilder<byte[], UnsafeBuffer> builder(boolean enveloped) {
      var values = new ValueBytes(enveloped);
      return ChronicleMapBuilder.of(byte[].class, UnsafeBuffer.class)
          .name(name)
          .averageKeySize(keyBytes)
          .averageValueSize(chunkBytes)
          .valueMarshallers(values, values)
          .checksumEntries(false)
          .actualChunkSize(chunkBytes)
          .actualSegments(segments)
          .actualChunksPerSegmentTier(tierBytes / chunkBytes)
          .entriesPerSegment(entriesPerTier)
          // Only the address space of the first tiers is taken at once; more follow as they fill.
          .maxBloatFactor(growth)
          .skipCloseOnExitHook(true);
    }
  }

  /** Looks at a value, or changes it without changing its length. */
  @FunctionalInterface
  public interface ValueVisitor {
    void visit(UnsafeBuffer value);
  }

  @FunctionalInterface
  public interface EntryVisitor {
    void visit(UnsafeBuffer key, UnsafeBuffer value);
  }

  /**
   * From now on shows each entry before it is overwritten or removed, while nobody else can change
   * it; edits in place are not shown. Null ends that.
   */
  public void beforeChange(@Nullable EntryVisitor visitor) {
    beforeChange = visitor;
  }

  private void showBeforeChange(MapEntry<byte[], UnsafeBuffer> entry) {
    EntryVisitor visitor = beforeChange;
    if (visitor != null) {
      visitor.visit(wholeOf(entry.key()), valueIn(wholeOf(entry.value())));
    }
  }

  /** Shows the value of the key; false if there is none. */
  public boolean read(byte[] key, ValueVisitor reader) {
    return readStored(key, stored -> reader.visit(valueIn(stored)));
  }

  private boolean readStored(byte[] key, ValueVisitor reader) {
    try (var context = map.queryContext(key)) {
      context.readLock().lock();
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        return false;
      }
      reader.visit(wholeOf(entry.value()));
      return true;
    }
  }

  /** Lets the editor change the value of the key in place; false if there is none. */
  public boolean edit(byte[] key, ValueVisitor editor) {
    try (var context = map.queryContext(key)) {
      context.writeLock().lock();
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        return false;
      }
      editor.visit(valueIn(wholeOf(entry.value())));
      return true;
    }
  }

  /**
   * The value of the key where it is stored, which is there until the key is removed or gets a
   * value of another length; empty if there is none. Keeping that from happening is up to the
   * caller.
   */
  Optional<DirectBuffer> borrow(byte[] key) {
    UnsafeBuffer[] found = new UnsafeBuffer[1];
    return read(key, value -> found[0] = value) ? Optional.of(found[0]) : Optional.empty();
  }

  /** Sets the value of the key to a copy of these bytes, at most {@link #longestBytes}. */
  public void put(byte[] key, DirectBuffer source, int offset, int length) {
    put(key, source, offset, length, length);
  }

  /**
   * The same for a value that is edited in place later.
   *
   * @param keptLength how many of the bytes no edit will touch but for the plan's first ones
   */
  public void put(byte[] key, DirectBuffer source, int offset, int length, int keptLength) {
    if (length > plan.longestBytes()) {
      throw new IllegalStateException("value is too long for its map: length=" + length);
    }
    var value = new UnsafeBuffer(source, offset, length);
    if (lanes == null) {
      putStored(key, value, false);
    } else {
      lanes.write(
          plan.number(),
          key,
          value,
          Math.min(plan.editedBytes(), keptLength),
          keptLength,
          envelope -> putStored(key, envelope, false));
    }
  }

  /**
   * How many bytes of the value no edit may touch; 0 if there is none, or it will not be recovered.
   */
  public int keptLength(byte[] key) {
    int[] kept = new int[1];
    if (lanes != null) {
      readStored(key, stored -> kept[0] = Envelope.keptTo(stored));
    }
    return kept[0];
  }

  /**
   * Takes over what an earlier process left, unless what is there already was written later.
   *
   * @return false if it was
   */
  public boolean adopt(byte[] key, UnsafeBuffer envelope) {
    return putStored(key, envelope, true);
  }

  private boolean putStored(byte[] key, UnsafeBuffer stored, boolean ifNewer) {
    try (var context = map.queryContext(key)) {
      context.updateLock().lock();
      Data<UnsafeBuffer> value = context.wrapValueAsData(stored);
      long growth = bytesOf(key.length, stored.capacity());
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        context.insert(Objects.requireNonNull(context.absentEntry()), value);
      } else {
        UnsafeBuffer before = wholeOf(entry.value());
        if (ifNewer && Envelope.sequence(before) >= Envelope.sequence(stored)) {
          return false;
        }
        showBeforeChange(entry);
        growth -= bytesOf(key.length, before.capacity());
        context.replaceValue(entry, value);
        if (lanes != null) {
          UnsafeBuffer after = wholeOf(Objects.requireNonNull(context.entry()).value());
          invalidateIfMoved(before, after, key.length);
        }
      }
      count(growth);
      return true;
    }
  }

  /** What was left at the old place must not be found there. */
  private static void invalidateIfMoved(UnsafeBuffer before, UnsafeBuffer after, int keyLength) {
    long old = before.addressOffset();
    long now = after.addressOffset();
    boolean moved =
        old + Long.BYTES <= now - keyLength - ENTRY_OVERHEAD_BYTES || old >= now + after.capacity();
    if (moved) {
      Envelope.magic(before, Envelope.NO_MAGIC);
    }
  }

  /** Removes the key; false if it was not there. */
  public boolean remove(byte[] key) {
    try (var context = map.queryContext(key)) {
      context.updateLock().lock();
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        return false;
      }
      showBeforeChange(entry);
      UnsafeBuffer stored = wholeOf(entry.value());
      count(-bytesOf(key.length, stored.capacity()));
      if (lanes != null) {
        Envelope.magic(stored, Envelope.NO_MAGIC);
      }
      context.remove(entry);
      return true;
    }
  }

  /** Shows all entries in any order; those that come or go meanwhile may be left out. */
  public void forEach(EntryVisitor visitor) {
    for (int part = 0; part < parts(); part++) {
      forEachIn(part, visitor);
    }
  }

  /** How many parts there are, each with about as many entries. */
  public int parts() {
    return map.segments();
  }

  /** Shows the entries of one part, as {@link #forEach} does. */
  public void forEachIn(int part, EntryVisitor visitor) {
    try (var context = map.segmentContext(part)) {
      context.forEachSegmentEntry(
          entry -> visitor.visit(wholeOf(entry.key()), valueIn(wholeOf(entry.value()))));
    }
  }

  /** Counts room that is taken or, below 0, left; the most that was ever taken is kept before. */
  private void count(long growth) {
    if (growth < 0) {
      takenBytes();
    }
    allocated.add(growth);
  }

  /** Removes everything. */
  void clear() {
    map.clear();
    count(-allocatedBytes());
  }

  String name() {
    return plan.name();
  }

  public long size() {
    return map.longSize();
  }

  /** What the entries take, rounding and index included. */
  long allocatedBytes() {
    return allocated.sum();
  }

  /**
   * What the map has taken from the system: as much as its entries ever took since {@link
   * #giveBack}, since room that entries leave is used again by others, but not given back.
   */
  long takenBytes() {
    return taken.accumulateAndGet(allocatedBytes(), Math::max);
  }

  /**
   * Gives room that entries have left back to the disk, if that is most of what the map has taken.
   * Does nothing for a map without a file. For one thread at a time.
   */
  void giveBack() {
    long left = allocatedBytes();
    boolean isMuch = takenBytes() - left >= Math.max(WORTH_GIVING_BACK, left);
    if (lanes != null && isMuch && SegmentRoom.giveBack(map, plan.tierBytes())) {
      taken.set(left);
    }
  }

  public int longestBytes() {
    return plan.longestBytes();
  }

  int number() {
    return plan.number();
  }

  @Override
  public void close() {
    map.close();
  }

  /** What an entry takes, rounding and index included. */
  public long bytesOf(int keyLength, long valueLength) {
    long used = keyLength + valueLength + ENTRY_OVERHEAD_BYTES;
    return (used + plan.chunkBytes() - 1) / plan.chunkBytes() * plan.chunkBytes();
  }

  /** The value in what the map holds for it. */
  private UnsafeBuffer valueIn(UnsafeBuffer stored) {
    if (lanes == null) {
      return stored;
    }
    int offset = Envelope.valueOffset(stored);
    stored.wrap(stored, offset, Envelope.valueLength(stored));
    return stored;
  }

  private static UnsafeBuffer wholeOf(Data<?> data) {
    return new UnsafeBuffer(data.bytes().addressForRead(data.offset()), (int) data.size());
  }
}
