package io.silverback.server.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * Reads fields that another node wrote, big-endian: whatever they say, it throws {@link
 * MalformedBytesException} at the worst, and never takes more memory than the bytes. Not
 * thread-safe.
 */
final class WireInput {
  private final ByteBuffer bytes;

  WireInput(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes);
  }

  int u8() {
    require(Byte.BYTES);
    return bytes.get() & 0xff;
  }

  boolean flag() {
    int value = u8();
    if (value > 1) {
      throw fault("not a flag");
    }
    return value == 1;
  }

  long u64() {
    require(Long.BYTES);
    return bytes.getLong();
  }

  byte[] bytes() {
    byte[] value = new byte[count()];
    bytes.get(value);
    return value;
  }

  String text() {
    return new String(bytes(), UTF_8);
  }

  /** How many things follow, each at least a byte long. */
  int count() {
    require(Integer.BYTES);
    int count = bytes.getInt();
    if (count < 0) {
      throw fault("does not fit");
    }
    require(count);
    return count;
  }

  /** All that is left. */
  byte[] rest() {
    byte[] rest = new byte[bytes.remaining()];
    bytes.get(rest);
    return rest;
  }

  void end() {
    if (bytes.hasRemaining()) {
      throw fault("bytes behind the end");
    }
  }

  MalformedBytesException fault(String reason) {
    return new MalformedBytesException(
        reason + ": position=" + bytes.position() + " length=" + bytes.capacity());
  }

  private void require(int count) {
    if (bytes.remaining() < count) {
      throw fault("cut off");
    }
  }
}
