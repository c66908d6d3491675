package io.silverback.server.body;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.limits.OverLimitException;

/**
 * Inflates single blocks of snappy, which begin with the length that they inflate to, and words its
 * complaints as golang/snappy does:
 * https://github.com/google/snappy/blob/main/format_description.txt.
 *
 * <p>Not thread-safe.
 */
final class SnappyBlock {
  /** A length has 32 bits, and the library reads as many as it likes. */
  private static final int MOST_LENGTH_BYTES = 5;

  /** Three bytes copy 64 at most, so more than that is a lie. */
  private static final long MOST_RATIO = 22;

  private final SnappyDecompressor decompressor = new SnappyDecompressor();

  /** Writes what the first {@code length} bytes inflate to into an empty buffer, and returns it. */
  static BodyBuffer inflate(byte[] packed, int length, BodyBuffer inflated)
      throws UnreadableBodyException, OverLimitException {
    long size = inflatedLength(packed, 0, length);
    if (size > MOST_RATIO * length) {
      throw corrupt();
    }
    if (size > 0) {
      inflated.require(size);
    }
    new SnappyBlock().decompress(packed, 0, length, (int) size, inflated);
    return inflated;
  }

  /** The length that a block says. */
  static long inflatedLength(byte[] packed, int from, int count) throws UnreadableBodyException {
    long length = 0;
    for (int i = 0; i < Math.min(count, MOST_LENGTH_BYTES); i++) {
      length |= (packed[from + i] & 0x7fL) << (7 * i);
      if (packed[from + i] >= 0) {
        if (length >>> Integer.SIZE != 0) {
          throw corrupt();
        }
        return length;
      }
    }
    throw corrupt();
  }

  /** Adds what a block inflates to, for which there must be room. */
  void decompress(byte[] packed, int from, int count, int size, BodyBuffer inflated)
      throws UnreadableBodyException {
    try {
      int written =
          decompressor.decompress(
              packed, from, count, inflated.bytes(), inflated.length(), inflated.room());
      if (written != size) {
        throw corrupt();
      }
    } catch (MalformedInputException | IllegalArgumentException e) {
      throw corrupt();
    }
    inflated.wrote(size);
  }

  static UnreadableBodyException corrupt() {
    return new UnreadableBodyException("snappy: corrupt input");
  }
}
