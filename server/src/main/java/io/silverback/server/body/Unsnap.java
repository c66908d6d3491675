package io.silverback.server.body;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.limits.OverLimitException;
import java.util.zip.CRC32C;

/**
 * Inflates bodies in the framing format of snappy, and words its complaints as golang/snappy does.
 *
 * <p>The format bounds what a chunk inflates to, so no length that a client declares is believed
 * beyond that: https://github.com/google/snappy/blob/main/framing_format.txt.
 */
final class Unsnap {
  private static final int COMPRESSED = 0x00;
  private static final int PLAIN = 0x01;
  private static final int FIRST_SKIPPABLE = 0x80;
  private static final int STREAM_START = 0xff;
  private static final byte[] MAGIC = {'s', 'N', 'a', 'P', 'p', 'Y'};

  private static final int CHUNK_HEADER_LENGTH = 4;
  private static final int CHECKSUM_LENGTH = 4;
  private static final int MOST_INFLATED = 65_536;

  /** Of incompressible data, and the checksum. */
  private static final int MOST_CHUNK = 76_490 + CHECKSUM_LENGTH;

  private static final int CHECKSUM_MASK = 0xa282ead8;

  private final byte[] packed;
  private final int end;
  private final BodyBuffer inflated;
  private final SnappyDecompressor decompressor = new SnappyDecompressor();
  private int at;

  private Unsnap(byte[] packed, int end, BodyBuffer inflated) {
    this.packed = packed;
    this.end = end;
    this.inflated = inflated;
  }

  /** Writes what the first {@code length} bytes inflate to into an empty buffer, and returns it. */
  static BodyBuffer inflate(byte[] packed, int length, BodyBuffer inflated)
      throws UnreadableBodyException, OverLimitException {
    var unsnap = new Unsnap(packed, length, inflated);
    for (boolean isFirst = true; unsnap.at < length; isFirst = false) {
      unsnap.readChunk(isFirst);
    }
    return inflated;
  }

  private void readChunk(boolean isFirst) throws UnreadableBodyException, OverLimitException {
    require(CHUNK_HEADER_LENGTH);
    int type = packed[at] & 0xff;
    int length =
        (packed[at + 1] & 0xff) | (packed[at + 2] & 0xff) << 8 | (packed[at + 3] & 0xff) << 16;
    at += CHUNK_HEADER_LENGTH;
    if (isFirst && type != STREAM_START) {
      throw corrupt();
    }
    if (length > MOST_CHUNK) {
      throw unsupported();
    }
    require(length);
    switch (type) {
      case COMPRESSED -> inflate(length, true);
      case PLAIN -> inflate(length, false);
      case STREAM_START -> checkMagic(length);
      default -> {
        if (type < FIRST_SKIPPABLE) {
          throw unsupported();
        }
      }
    }
    at += length;
  }

  private void checkMagic(int length) throws UnreadableBodyException {
    boolean isMagic = length == MAGIC.length;
    for (int i = 0; isMagic && i < length; i++) {
      isMagic = packed[at + i] == MAGIC[i];
    }
    if (!isMagic) {
      throw corrupt();
    }
  }

  private void inflate(int length, boolean isCompressed)
      throws UnreadableBodyException, OverLimitException {
    if (length < CHECKSUM_LENGTH) {
      throw corrupt();
    }
    int from = at + CHECKSUM_LENGTH;
    int count = length - CHECKSUM_LENGTH;
    int size = isCompressed ? inflatedLength(from, count) : count;
    if (size < 0 || size > MOST_INFLATED) {
      throw corrupt();
    }
    int start = inflated.length();
    while (inflated.room() < size) {
      inflated.grow(Math.max(start + (long) size, 2L * start));
    }
    if (isCompressed) {
      decompress(from, count, size);
    } else {
      System.arraycopy(packed, from, inflated.bytes(), start, size);
    }
    inflated.wrote(size);
    checkChecksum(start, size);
  }

  private int inflatedLength(int from, int count) throws UnreadableBodyException {
    // A length takes at most five bytes, and the library reads as many as it likes.
    long length = 0;
    for (int i = 0; i < Math.min(count, 5); i++) {
      length |= (packed[from + i] & 0x7fL) << (7 * i);
      if (packed[from + i] >= 0) {
        return length > MOST_INFLATED ? -1 : (int) length;
      }
    }
    throw corrupt();
  }

  private void decompress(int from, int count, int size) throws UnreadableBodyException {
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
  }

  private void checkChecksum(int start, int size) throws UnreadableBodyException {
    var checksum = new CRC32C();
    checksum.update(inflated.bytes(), start, size);
    int value = (int) checksum.getValue();
    int masked = (value >>> 15 | value << 17) + CHECKSUM_MASK;
    int stored =
        (packed[at] & 0xff)
            | (packed[at + 1] & 0xff) << 8
            | (packed[at + 2] & 0xff) << 16
            | (packed[at + 3] & 0xff) << 24;
    if (masked != stored) {
      throw corrupt();
    }
  }

  private void require(int count) throws UnreadableBodyException {
    if (end - at < count) {
      throw corrupt();
    }
  }

  private static UnreadableBodyException corrupt() {
    return new UnreadableBodyException("snappy: corrupt input");
  }

  private static UnreadableBodyException unsupported() {
    return new UnreadableBodyException("snappy: unsupported input");
  }
}
