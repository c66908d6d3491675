package io.silverback.codec.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads big-endian fields that another node wrote.
 *
 * <p>Whatever the bytes are, it throws nothing but {@link MalformedBytesException} and takes memory
 * in proportion to them: a length is checked before memory is taken for it. Borrows the bytes. Not
 * thread-safe.
 */
public final class ByteInput {
  private final ByteBuffer bytes;

  public ByteInput(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes);
  }

  public int u8() {
    require(Byte.BYTES);
    return bytes.get() & 0xff;
  }

  public int u16() {
    require(Short.BYTES);
    return bytes.getShort() & 0xffff;
  }

  public short[] u16s(int count) {
    require((long) count * Short.BYTES);
    short[] values = new short[count];
    bytes.asShortBuffer().get(values);
    bytes.position(bytes.position() + count * Short.BYTES);
    return values;
  }

  /** All 32 bits, so it may be negative. */
  public int u32() {
    require(Integer.BYTES);
    return bytes.getInt();
  }

  /** A {@link #u32} that must not be negative. */
  public int size() {
    int size = u32();
    if (size < 0) {
      throw fault("size is too large");
    }
    return size;
  }

  public long u64() {
    require(Long.BYTES);
    return bytes.getLong();
  }

  /** Takes every number but 0 as true. */
  public boolean flag() {
    return u8() != 0;
  }

  public byte[] bytes() {
    return take(count());
  }

  public String text() {
    return new String(bytes(), UTF_8);
  }

  /** One of the constants, by its name. */
  public <T extends Enum<T>> T constant(T[] values) {
    String name = text();
    for (T value : values) {
      if (value.name().equals(name)) {
        return value;
      }
    }
    throw fault("no such value: name=" + name);
  }

  public <T> List<T> list(Function<ByteInput, T> each) {
    int count = count();
    // Not made for that many elements: in memory each takes more than the byte that it must have.
    var values = new ArrayList<T>();
    for (int i = 0; i < count; i++) {
      values.add(each.apply(this));
    }
    return values;
  }

  /** How many things follow. Each takes at least a byte. */
  public int count() {
    int count = u32();
    if (count < 0 || count > bytes.remaining()) {
      throw fault("does not fit");
    }
    return count;
  }

  /** Everything that is left. */
  public byte[] rest() {
    return take(bytes.remaining());
  }

  /** Throws if anything is left. */
  public void end() {
    if (bytes.hasRemaining()) {
      throw fault("bytes after the end");
    }
  }

  /** The exception for bytes that are wrong at this place. */
  public MalformedBytesException fault(String reason) {
    return new MalformedBytesException(
        reason + ": position=" + bytes.position() + " length=" + bytes.capacity());
  }

  private byte[] take(int count) {
    byte[] taken = new byte[count];
    bytes.get(taken);
    return taken;
  }

  private void require(long count) {
    if (bytes.remaining() < count) {
      throw fault("cut off");
    }
  }
}
