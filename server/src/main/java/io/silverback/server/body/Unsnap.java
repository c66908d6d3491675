package io.silverback.server.body;

import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import java.util.zip.CRC32C;

/**
 * Inflates bodies in the framing format of snappy, and words its complaints as golang/snappy does.
 *
 * <p>The format bounds what a chunk inflates to, so no length that a client declares is believed
 * beyond that: https://github.com/google/snappy/blob/main/framing_format.txt.
 */
final class Unsnap implements Unpacker {
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
  private final SnappyBlock block = new SnappyBlock();
  private int at;

  /** Undoes the first {@code length} bytes. */
  Unsnap(byte[] packed, int length) {
    this.packed = packed;
    this.end = length;
  }

  @Override
  public boolean fill(BodyBuffer into) throws UnreadableBodyException {
    while (at < end) {
      if (!readChunk(into)) {
        return false;
      }
    }
    return true;
  }

  /** False if there is no room for what is in it. */
  private boolean readChunk(BodyBuffer into) throws UnreadableBodyException {
    require(at, CHUNK_HEADER_LENGTH);
    int type = packed[at] & 0xff;
    int length =
        (packed[at + 1] & 0xff) | (packed[at + 2] & 0xff) << 8 | (packed[at + 3] & 0xff) << 16;
    if (at == 0 && type != STREAM_START) {
      throw SnappyBlock.corrupt();
    }
    if (length > MOST_CHUNK) {
      throw unsupported();
    }
    int from = at + CHUNK_HEADER_LENGTH;
    require(from, length);
    switch (type) {
      case COMPRESSED, PLAIN -> {
        if (!inflate(from, length, type == COMPRESSED, into)) {
          return false;
        }
      }
      case STREAM_START -> checkMagic(from, length);
      default -> {
        if (type < FIRST_SKIPPABLE) {
          throw unsupported();
        }
      }
    }
    at = from + length;
    return true;
  }

  private void checkMagic(int from, int length) throws UnreadableBodyException {
    boolean isMagic = length == MAGIC.length;
    for (int i = 0; isMagic && i < length; i++) {
      isMagic = packed[from + i] == MAGIC[i];
    }
    if (!isMagic) {
      throw SnappyBlock.corrupt();
    }
  }

  private boolean inflate(int chunk, int length, boolean isCompressed, BodyBuffer into)
      throws UnreadableBodyException {
    if (length < CHECKSUM_LENGTH) {
      throw SnappyBlock.corrupt();
    }
    int from = chunk + CHECKSUM_LENGTH;
    int count = length - CHECKSUM_LENGTH;
    long size = isCompressed ? SnappyBlock.inflatedLength(packed, from, count) : count;
    if (size > MOST_INFLATED) {
      throw SnappyBlock.corrupt();
    }
    if (into.room() < size) {
      return false;
    }
    int start = into.length();
    if (isCompressed) {
      block.decompress(packed, from, count, (int) size, into);
    } else {
      System.arraycopy(packed, from, into.bytes(), start, count);
      into.wrote(count);
    }
    checkChecksum(chunk, into, start);
    return true;
  }

  private void checkChecksum(int chunk, BodyBuffer into, int start) throws UnreadableBodyException {
    var checksum = new CRC32C();
    checksum.update(into.bytes(), start, into.length() - start);
    int value = (int) checksum.getValue();
    int masked = (value >>> 15 | value << 17) + CHECKSUM_MASK;
    int stored =
        (packed[chunk] & 0xff)
            | (packed[chunk + 1] & 0xff) << 8
            | (packed[chunk + 2] & 0xff) << 16
            | (packed[chunk + 3] & 0xff) << 24;
    if (masked != stored) {
      throw SnappyBlock.corrupt();
    }
  }

  private void require(int from, int count) throws UnreadableBodyException {
    if (end - from < count) {
      throw SnappyBlock.corrupt();
    }
  }

  private static UnreadableBodyException unsupported() {
    return new UnreadableBodyException("snappy: unsupported input");
  }

  @Override
  public void close() {}
}
