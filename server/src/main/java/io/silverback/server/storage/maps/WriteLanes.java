package io.silverback.server.storage.maps;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Where each value is written whole before it overwrites the old one in its map: a mapped file of a
 * few lanes, each for one value at a time. Thread-safe.
 *
 * <h2>Why</h2>
 *
 * <p>A map overwrites a value in place. A process that is killed in the middle of that leaves half
 * of the new value and half of the old one, and the group would be lost, although its last push was
 * acknowledged. The files survive the process, as the kernel has their pages. So it is enough to
 * have either the old or the new value whole at each moment.
 *
 * <h2>How</h2>
 *
 * <p>The value goes into a lane first, with its key, its map, a sequence number and a checksum
 * ({@link Envelope}). Then the lane gets its magic number, then the map is written, then the magic
 * number is taken away. Fences keep the three steps in this order. After a kill, a lane with a
 * magic number and a right checksum has the whole value; one without says that the map is whole.
 * The recovery takes the envelope of a key with the highest sequence number, wherever it finds it.
 *
 * <p>This holds for a process that ends. When the machine loses power, pages reach the disk in any
 * order, and only what was flushed before is sure to be whole.
 *
 * <h2>Lanes</h2>
 *
 * <p>There are fifteen narrow lanes and one for values above a mebibyte. A writer that finds none
 * free waits for the few microseconds that a write takes; the wait cannot be interrupted, since its
 * value may be half prepared elsewhere.
 */
public final class WriteLanes implements AutoCloseable {
  private static final int NARROW_LANES = 15;
  private static final int NARROW_LENGTH = 1 << 20;

  private final long magic;
  private final AtomicLong lastSequence = new AtomicLong();
  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<UnsafeBuffer> narrow = new ArrayBlockingQueue<>(NARROW_LANES);
  private final BlockingQueue<UnsafeBuffer> wide = new ArrayBlockingQueue<>(1);

  /** Puts an envelope into a map. */
  @FunctionalInterface
  public interface Write {
    void write(UnsafeBuffer envelope);
  }

  /**
   * Lanes in a new file.
   *
   * @param magic the store's number
   * @param longestBytes of an envelope
   */
  public WriteLanes(Path file, long magic, int longestBytes) throws IOException {
    this.magic = magic;
    long narrowBytes = (long) NARROW_LANES * NARROW_LENGTH;
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      for (int i = 0; i < NARROW_LANES; i++) {
        narrow.add(map(channel, (long) i * NARROW_LENGTH, NARROW_LENGTH));
      }
      wide.add(map(channel, narrowBytes, longestBytes));
    }
  }

  /** Makes the next write a later one than that. */
  void continueAfter(long sequence) {
    lastSequence.accumulateAndGet(sequence, Math::max);
  }

  /** Lets a value be written that is safe from now on, whatever becomes of the write. */
  public void write(
      int map, byte[] key, DirectBuffer value, int keptFrom, int keptTo, Write write) {
    int length = Envelope.length(key.length, value.capacity());
    BlockingQueue<UnsafeBuffer> lanes = length <= NARROW_LENGTH ? narrow : wide;
    UnsafeBuffer lane = take(lanes);
    try {
      Envelope.seal(lane, lastSequence.incrementAndGet(), map, key, value, keptFrom, keptTo);
      VarHandle.storeStoreFence();
      Envelope.magic(lane, magic);
      VarHandle.storeStoreFence();
      write.write(new UnsafeBuffer(lane, 0, length));
    } finally {
      VarHandle.storeStoreFence();
      Envelope.magic(lane, Envelope.NO_MAGIC);
      lanes.add(lane);
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  private UnsafeBuffer map(FileChannel channel, long offset, int length) throws IOException {
    return new UnsafeBuffer(channel.map(MapMode.READ_WRITE, offset, length, arena).asByteBuffer());
  }

  private static UnsafeBuffer take(BlockingQueue<UnsafeBuffer> lanes) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return lanes.take();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
