package io.silverback.server.storage;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import net.openhft.chronicle.map.MapEntry;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A map from bytes to bytes that lies outside of the heap.
 *
 * <p>Thread-safe: each call is one step, and those of one key come one after the other. What a
 * reader or editor is handed is the stored value itself, valid until it returns; it must be quick,
 * since it holds a lock that other keys share, and must not call the map. Using a map after its
 * close crashes the JVM, which is for the owner to prevent.
 */
final class OffHeapMap implements AutoCloseable {
  /** What an entry takes beside its key and value: their lengths, and its place in the index. */
  private static final int ENTRY_OVERHEAD_BYTES = 16;

  private final String name;
  private final ChronicleMap<byte[], UnsafeBuffer> map;
  private final int chunkBytes;
  private final int longestBytes;
  private final LongAdder allocated = new LongAdder();

  private OffHeapMap(Plan plan) {
    var values = new ValueBytes();
    this.name = plan.name();
    this.map =
        ChronicleMapBuilder.of(byte[].class, UnsafeBuffer.class)
            .name(plan.name())
            .averageKeySize(plan.keyBytes())
            .averageValueSize(plan.chunkBytes())
            .valueMarshallers(values, values)
            .actualChunkSize(plan.chunkBytes())
            .actualSegments(plan.segments())
            .actualChunksPerSegmentTier(plan.tierBytes() / plan.chunkBytes())
            .entriesPerSegment(plan.entriesPerTier())
            // Only the address space of the first tiers is taken at once; more follow as they fill.
            .maxBloatFactor(1000)
            .skipCloseOnExitHook(true)
            .create();
    this.chunkBytes = plan.chunkBytes();
    this.longestBytes = (int) plan.tierBytes() / 2;
  }

  /**
   * How a map is laid out.
   *
   * @param keyBytes the usual length of a key
   * @param chunkBytes what entries are rounded up to
   * @param segments how many entries can be changed side by side
   * @param tierBytes the room that a segment grows by, and twice the longest entry
   * @param entriesPerTier how many entries a segment grows by
   */
  record Plan(
      String name, int keyBytes, int chunkBytes, int segments, long tierBytes, int entriesPerTier) {
    OffHeapMap create() {
      return new OffHeapMap(this);
    }
  }

  /** Looks at a value, or changes it without changing its length. */
  @FunctionalInterface
  interface ValueVisitor {
    void visit(UnsafeBuffer value);
  }

  @FunctionalInterface
  interface EntryVisitor {
    void visit(UnsafeBuffer key, UnsafeBuffer value);
  }

  /** Shows the value of the key; false if there is none. */
  boolean read(byte[] key, ValueVisitor reader) {
    try (var context = map.queryContext(key)) {
      context.readLock().lock();
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        return false;
      }
      reader.visit(view(entry.value()));
      return true;
    }
  }

  /** Lets the editor change the value of the key in place; false if there is none. */
  boolean edit(byte[] key, ValueVisitor editor) {
    try (var context = map.queryContext(key)) {
      context.writeLock().lock();
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        return false;
      }
      editor.visit(view(entry.value()));
      return true;
    }
  }

  /**
   * The value of the key where it lies, which is there until the key is removed or gets a value of
   * another length; empty if there is none. Keeping that from happening is up to the caller.
   */
  Optional<DirectBuffer> borrow(byte[] key) {
    UnsafeBuffer[] found = new UnsafeBuffer[1];
    return read(key, value -> found[0] = value) ? Optional.of(found[0]) : Optional.empty();
  }

  /** Sets the value of the key to a copy of these bytes, at most {@link #longestBytes}. */
  void put(byte[] key, DirectBuffer source, int offset, int length) {
    if (length > longestBytes) {
      throw new IllegalStateException("value is too long for its map: length=" + length);
    }
    try (var context = map.queryContext(key)) {
      context.updateLock().lock();
      Data<UnsafeBuffer> value = context.wrapValueAsData(new UnsafeBuffer(source, offset, length));
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        context.insert(Objects.requireNonNull(context.absentEntry()), value);
      } else {
        allocated.add(-bytesOf(key.length, entry.value().size()));
        context.replaceValue(entry, value);
      }
      allocated.add(bytesOf(key.length, length));
    }
  }

  /** Removes the key; false if it was not there. */
  boolean remove(byte[] key) {
    try (var context = map.queryContext(key)) {
      context.updateLock().lock();
      MapEntry<byte[], UnsafeBuffer> entry = context.entry();
      if (entry == null) {
        return false;
      }
      allocated.add(-bytesOf(key.length, entry.value().size()));
      context.remove(entry);
      return true;
    }
  }

  /** Shows all entries in any order; those that come or go meanwhile may be left out. */
  void forEach(EntryVisitor visitor) {
    for (int segment = 0; segment < map.segments(); segment++) {
      try (var context = map.segmentContext(segment)) {
        context.forEachSegmentEntry(entry -> visitor.visit(view(entry.key()), view(entry.value())));
      }
    }
  }

  /** Removes everything. */
  void clear() {
    map.clear();
    allocated.reset();
  }

  String name() {
    return name;
  }

  long size() {
    return map.longSize();
  }

  /** What the entries take, rounding and index included. */
  long allocatedBytes() {
    return allocated.sum();
  }

  int longestBytes() {
    return longestBytes;
  }

  @Override
  public void close() {
    map.close();
  }

  private long bytesOf(int keyLength, long valueLength) {
    long used = keyLength + valueLength + ENTRY_OVERHEAD_BYTES;
    return (used + chunkBytes - 1) / chunkBytes * chunkBytes;
  }

  private static UnsafeBuffer view(Data<?> data) {
    return new UnsafeBuffer(data.bytes().addressForRead(data.offset()), (int) data.size());
  }
}
