package io.silverback.server.body;

import io.silverback.server.http.RequestBody;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of a body as they come. It never has more than its limit, and what it has was taken
 * from the body memory before.
 *
 * <p>Belongs to one thread.
 */
public final class BodyBuffer {
  /** What a body gets that has sent nothing yet. */
  private static final int FIRST_BYTES = 16 * 1024;

  private final LimitedMemory.Lease memory;
  private final RequestLimit limit;
  private final int max;
  private byte[] bytes = {};
  private int length;

  /**
   * A buffer without bytes.
   *
   * @param limit which of the two sizes of a body this is
   * @param max the most bytes that it may get
   */
  BodyBuffer(LimitedMemory.Lease memory, RequestLimit limit, int max) {
    this.memory = memory;
    this.limit = limit;
    this.max = max;
  }

  /** Of which the first {@link #length} count. */
  public byte[] bytes() {
    return bytes;
  }

  public int length() {
    return length;
  }

  int room() {
    return bytes.length - length;
  }

  /** Makes room for that many bytes in all, or for as many as there may be and one more. */
  void grow(long wanted) throws OverLimitException {
    if (bytes.length > max) {
      throw tooLarge(limit, max);
    }
    int capacity = (int) Math.min(max + 1L, wanted);
    memory.take(capacity);
    byte[] larger = Arrays.copyOf(bytes, capacity);
    memory.giveBack(bytes.length);
    bytes = larger;
  }

  /** Lets go of the first bytes. */
  void drop(int count) {
    System.arraycopy(bytes, count, bytes, 0, length - count);
    length -= count;
  }

  /** Makes room for exactly that many bytes in all. */
  void require(long wanted) throws OverLimitException {
    if (wanted > max) {
      throw tooLarge(limit, max);
    }
    grow(wanted);
  }

  /** Takes all of these bytes, if it may. */
  void hold(byte[] given) throws OverLimitException {
    require(given.length);
    System.arraycopy(given, 0, bytes, 0, given.length);
    length = given.length;
  }

  /** Counts bytes in that were written after the others. */
  void wrote(int count) {
    length += count;
  }

  /**
   * Reads a body to its end into a buffer without bytes. What the body announces is not believed:
   * memory is taken for what came, and as much again.
   *
   * @throws OverLimitException if it is too large, as soon as it says so
   */
  void receive(RequestBody body) throws IOException, OverLimitException {
    var pieces = new ArrayList<byte[]>();
    byte[] piece = {};
    int used = 0;
    int total = 0;
    while (true) {
      if (body.announced() > max - total) {
        throw tooLarge(limit, max);
      }
      if (used == piece.length && body.announced() > 0) {
        int size = (int) Math.min(body.announced(), Math.max(FIRST_BYTES, total));
        memory.take(size);
        piece = new byte[size];
        used = 0;
        pieces.add(piece);
      }
      // Without room this reads the size of the next chunk, or the end.
      int count = body.read(piece, used, piece.length - used);
      if (count < 0) {
        break;
      }
      used += count;
      total += count;
    }
    length = total;
    bytes = pieces.size() <= 1 ? piece : joined(pieces, total);
  }

  private byte[] joined(List<byte[]> pieces, int total) throws OverLimitException {
    memory.take(total);
    byte[] joined = new byte[total];
    int at = 0;
    for (byte[] piece : pieces) {
      int count = Math.min(piece.length, total - at);
      System.arraycopy(piece, 0, joined, at, count);
      at += count;
      memory.giveBack(piece.length);
    }
    return joined;
  }

  static OverLimitException tooLarge(RequestLimit limit, int max) {
    String reason =
        switch (limit) {
          case INFLATED_PART ->
              "a line or message of the body is too large as inflated, push fewer labels or series"
                  + " in one";
          case INFLATED_SIZE -> "the body is too large as inflated, push less at a time";
          case FORM_SIZE -> "the body is too large as sent, ask for less";
          default -> "the body is too large as sent, push less at a time";
        };
    return OverLimitException.tooLarge(
        limit, reason + " or raise --" + limit.flag() + ": limit=" + max);
  }
}
