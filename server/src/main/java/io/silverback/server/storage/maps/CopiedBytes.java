package io.silverback.server.storage.maps;

import java.lang.foreign.Arena;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Copies of bytes outside of the heap, all given back at once.
 *
 * <p>A buffer that was handed out must not be touched after the close. For one thread at a time.
 */
public final class CopiedBytes implements AutoCloseable {
  private static final int CHUNK_LENGTH = 256 * 1024;

  private final Arena arena = Arena.ofShared();
  private UnsafeBuffer chunk = new UnsafeBuffer();
  private long takenBytes;
  private int used;

  public DirectBuffer copy(DirectBuffer source, int offset, int length) {
    if (length > chunk.capacity() - used) {
      int capacity = Math.max(length, CHUNK_LENGTH);
      chunk = new UnsafeBuffer(arena.allocate(capacity).address(), capacity);
      takenBytes += capacity;
      used = 0;
    }
    chunk.putBytes(used, source, offset, length);
    var copy = new UnsafeBuffer(chunk, used, length);
    used += length;
    return copy;
  }

  /** How much memory the copies take. */
  public long takenBytes() {
    return takenBytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
