package io.silverback.cluster;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Numbers, texts and lists as bytes, big-endian. Layout: {@code docs/formats/peer-messages.md}. */
final class Wire {
  private Wire() {}

  /** Writes; grows as needed. Not thread-safe. */
  static final class Writer {
    private ByteBuffer bytes = ByteBuffer.allocate(64);

    Writer u8(int value) {
      room(1).put((byte) value);
      return this;
    }

    Writer u16(int value) {
      room(2).putShort((short) value);
      return this;
    }

    Writer u16s(short[] values) {
      int count = values.length * Short.BYTES;
      ByteBuffer to = room(count);
      to.asShortBuffer().put(values);
      to.position(to.position() + count);
      return this;
    }

    Writer u32(int value) {
      room(4).putInt(value);
      return this;
    }

    Writer u64(long value) {
      room(8).putLong(value);
      return this;
    }

    Writer flag(boolean value) {
      return u8(value ? 1 : 0);
    }

    Writer bytes(byte[] value) {
      u32(value.length);
      room(value.length).put(value);
      return this;
    }

    Writer text(String value) {
      return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    <T> Writer list(List<T> values, BiConsumer<Writer, T> each) {
      u32(values.size());
      values.forEach(value -> each.accept(this, value));
      return this;
    }

    byte[] finish() {
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

  /**
   * Reads what a {@link Writer} wrote; whatever the bytes are, it throws {@link
   * MalformedMessageException} at the worst and takes memory in proportion to them.
   */
  static final class Reader {
    private final ByteBuffer bytes;

    Reader(byte[] bytes) {
      this.bytes = ByteBuffer.wrap(bytes);
    }

    int u8() {
      return read(ByteBuffer::get) & 0xff;
    }

    int u16() {
      return read(ByteBuffer::getShort) & 0xffff;
    }

    short[] u16s(int count) {
      short[] values = new short[count];
      read(from -> from.asShortBuffer().get(values));
      bytes.position(bytes.position() + count * Short.BYTES);
      return values;
    }

    int u32() {
      return read(ByteBuffer::getInt);
    }

    long u64() {
      return read(ByteBuffer::getLong);
    }

    boolean flag() {
      return u8() != 0;
    }

    byte[] bytes() {
      byte[] value = new byte[length()];
      bytes.get(value);
      return value;
    }

    String text() {
      return new String(bytes(), StandardCharsets.UTF_8);
    }

    <T> List<T> list(Function<Reader, T> each) {
      int count = length();
      var values = new ArrayList<T>();
      for (int i = 0; i < count; i++) {
        values.add(each.apply(this));
      }
      return values;
    }

    void end() {
      if (bytes.hasRemaining()) {
        throw new MalformedMessageException("bytes behind the end: count=" + bytes.remaining());
      }
    }

    /** Nothing that is counted takes less than a byte. */
    private int length() {
      int length = u32();
      if (length < 0 || length > bytes.remaining()) {
        throw new MalformedMessageException("does not fit: length=" + length);
      }
      return length;
    }

    private <T> T read(Function<ByteBuffer, T> field) {
      try {
        return field.apply(bytes);
      } catch (BufferUnderflowException _) {
        throw new MalformedMessageException("cut off: length=" + bytes.capacity());
      }
    }
  }
}
