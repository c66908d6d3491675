package io.silverback.server.handler;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * The bytes of a body as they come. It never has more than its limit, and what it has was taken
 * from the body memory before.
 *
 * <p>Belongs to one thread.
 */
final class BodyBuffer {
  private final BodyMemory.Lease memory;
  private final DoorLimit limit;
  private final int max;
  private byte[] bytes = {};
  private int length;

  /**
   * A buffer without bytes.
   *
   * @param limit which of the two sizes of a body this is
   * @param max the most bytes that it may get
   */
  BodyBuffer(BodyMemory.Lease memory, DoorLimit limit, int max) {
    this.memory = memory;
    this.limit = limit;
    this.max = max;
  }

  /** Of which the first {@link #length} count. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  int room() {
    return bytes.length - length;
  }

  /** Makes room for that many bytes in all, or for as many as there may be. */
  void grow(long wanted) throws OverLimitException {
    if (length == max) {
      throw tooLarge(limit, max);
    }
    int capacity = (int) Math.min(max, wanted);
    memory.take(capacity);
    byte[] larger = Arrays.copyOf(bytes, capacity);
    memory.giveBack(bytes.length);
    bytes = larger;
  }

  /** Counts bytes in that were written behind the others. */
  void wrote(int count) {
    length += count;
  }

  /**
   * Reads to the end of the stream.
   *
   * @param announced how many bytes are said to come; fewer or more may
   */
  void readAll(InputStream in, long announced, int firstRead, int believed)
      throws IOException, OverLimitException {
    grow(announced < 0 ? firstRead : Math.clamp(announced, 1, firstRead));
    while (true) {
      if (room() == 0) {
        int next = in.read();
        if (next < 0) {
          return;
        }
        long wanted = Math.max(2L * length, believed);
        grow(announced > length ? Math.min(announced, wanted) : Math.max(firstRead, 2L * length));
        bytes[length++] = (byte) next;
        continue;
      }
      int count = in.read(bytes, length, room());
      if (count < 0) {
        return;
      }
      length += count;
    }
  }

  static OverLimitException tooLarge(DoorLimit limit, int max) {
    return OverLimitException.tooLarge(
        limit,
        "the body is too large"
            + (limit == DoorLimit.BODY_SIZE ? " as sent" : " as inflated")
            + ", push less at a time or raise --"
            + limit.flag()
            + ": limit="
            + max);
  }
}
