package io.silverback.codec.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.function.BiConsumer;

/** Writes big-endian fields for a {@link ByteInput}, and grows as needed. Not thread-safe. */
public final class ByteOutput {
  private ByteBuffer bytes = ByteBuffer.allocate(64);

  public ByteOutput u8(int value) {
    room(Byte.BYTES).put((byte) value);
    return this;
  }

  public ByteOutput u16(int value) {
    room(Short.BYTES).putShort((short) value);
    return this;
  }

  public ByteOutput u16s(short[] values) {
    int length = values.length * Short.BYTES;
    ByteBuffer to = room(length);
    to.asShortBuffer().put(values);
    to.position(to.position() + length);
    return this;
  }

  public ByteOutput u32(int value) {
    room(Integer.BYTES).putInt(value);
    return this;
  }

  public ByteOutput u64(long value) {
    room(Long.BYTES).putLong(value);
    return this;
  }

  public ByteOutput flag(boolean value) {
    return u8(value ? 1 : 0);
  }

  public ByteOutput bytes(byte[] value) {
    u32(value.length);
    room(value.length).put(value);
    return this;
  }

  public ByteOutput text(String value) {
    return bytes(value.getBytes(UTF_8));
  }

  public <T> ByteOutput list(Collection<T> values, BiConsumer<ByteOutput, T> each) {
    u32(values.size());
    values.forEach(value -> each.accept(this, value));
    return this;
  }

  /**
   * A list of byte strings. It grows once for all of them, since they may be the states of groups.
   */
  public ByteOutput list(Collection<byte[]> values) {
    long length = Integer.BYTES;
    for (byte[] value : values) {
      length += Integer.BYTES + value.length;
    }
    room(Math.toIntExact(length));
    return list(values, ByteOutput::bytes);
  }

  public byte[] finish() {
    byte[] written = new byte[bytes.position()];
    bytes.get(0, written);
    return written;
  }

  private ByteBuffer room(int count) {
    if (bytes.remaining() < count) {
      int wanted = Math.addExact(bytes.position(), count);
      long doubled = Math.min(2L * bytes.capacity(), Integer.MAX_VALUE - 8);
      bytes = ByteBuffer.allocate((int) Math.max(wanted, doubled)).put(bytes.flip());
    }
    return bytes;
  }
}
