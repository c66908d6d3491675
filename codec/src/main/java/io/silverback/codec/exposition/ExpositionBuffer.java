package io.silverback.codec.exposition;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A growing buffer that renderers write to and its owner empties.
 *
 * <p>Not thread-safe. It owns its bytes; {@link #drainTo} hands them out without a copy.
 */
public final class ExpositionBuffer {
  private static final OutputStream NOWHERE = OutputStream.nullOutputStream();

  /** On average one of 32 places between lines is a border. */
  private static final int PLACES_OF_BORDER = 32;

  private final OutputStream sink;
  private final Optional<RepeatingPage> page;
  private final int borderAt;
  private final int drainedAt;
  private byte[] bytes;
  private int length;
  private boolean isInPassage;

  public ExpositionBuffer(int initialCapacity) {
    this(initialCapacity, Integer.MAX_VALUE, Integer.MAX_VALUE, NOWHERE);
  }

  private ExpositionBuffer(int initialCapacity, int borderAt, int drainedAt, OutputStream sink) {
    this.bytes = new byte[initialCapacity];
    this.borderAt = borderAt;
    this.drainedAt = drainedAt;
    this.sink = sink;
    this.page = sink instanceof RepeatingPage repeating ? Optional.of(repeating) : Optional.empty();
  }

  /**
   * A buffer that also empties itself into the stream, between two lines of a family, once it holds
   * so much; what the stream throws comes as {@link UncheckedIOException}. The owner drains the
   * rest.
   *
   * <p>Where lines say what they are, it empties itself from a smaller amount on, at borders that
   * depend on that: so most of the pieces of a page are the same again if lines come or go
   * elsewhere. A stream that is a {@link RepeatingPage} repeats passages.
   *
   * @param borderBytes from how much on it looks for a border
   */
  public static ExpositionBuffer into(OutputStream sink, int borderBytes, int chunkBytes) {
    return new ExpositionBuffer(2 * chunkBytes, borderBytes, chunkBytes, sink);
  }

  public int length() {
    return length;
  }

  public void put(int oneByte) {
    reserve(1);
    bytes[length++] = (byte) oneByte;
  }

  public void put(byte[] source, int offset, int count) {
    reserve(count);
    System.arraycopy(source, offset, bytes, length, count);
    length += count;
  }

  /** Writes what another buffer holds. */
  void put(ExpositionBuffer source) {
    put(source.bytes, 0, source.length);
  }

  /** Forgets all bytes. */
  public void clear() {
    length = 0;
  }

  /** Writes the text as UTF-8. */
  public void put(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    put(utf8, 0, utf8.length);
  }

  /** Writes an integer in protobuf's variable length, seven bits a byte and the lowest first. */
  public void putVarint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      put((int) rest | 0x80);
      rest >>>= 7;
    }
    put((int) rest);
  }

  void putLittleEndian(long value) {
    reserve(Long.BYTES);
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      bytes[length++] = (byte) (value >>> shift);
    }
  }

  /** Puts the number of bytes from {@code start} on before them, as a varint. */
  void putLengthBefore(int start) {
    int count = length - start;
    int end = length;
    putVarint(count);
    int lengthOfCount = length - end;
    System.arraycopy(bytes, start, bytes, start + lengthOfCount, count);
    for (int i = 0; i < lengthOfCount; i++) {
      int more = i < lengthOfCount - 1 ? 0x80 : 0;
      bytes[start + i] = (byte) (((count >>> (7 * i)) & 0x7F) | more);
    }
  }

  /** Writes the last {@code count} decimal digits of a number that is not negative. */
  void putDigits(long number, int count) {
    reserve(count);
    long rest = number;
    for (int i = length + count - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += count;
  }

  /** Says that nothing that was written will be changed any more. */
  void commit() {
    if (length >= drainedAt) {
      drain();
    }
  }

  /**
   * The same after the lines of one series.
   *
   * @param identity what tells the series from others, not its value
   */
  void commit(byte[] identity) {
    if (length >= drainedAt || (length >= borderAt && !isInPassage && isBorder(identity))) {
      drain();
    }
  }

  /** Those who choose their labels can have pieces as small or large as allowed, and no more. */
  private static boolean isBorder(byte[] identity) {
    int spread = Arrays.hashCode(identity) * 0x9E3779B9;
    return Integer.remainderUnsigned(spread >>> Short.SIZE, PLACES_OF_BORDER) == 0;
  }

  private void drain() {
    try {
      drainTo(sink);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link RepeatingPage#leastPassage}, if it empties itself into such a page. */
  int leastPassage() {
    return page.map(RepeatingPage::leastPassage).orElse(Integer.MAX_VALUE);
  }

  /** As {@link RepeatingPage#repeat}, after all that was written before. */
  boolean repeat(ExpositionBuffer identity) {
    drain();
    try {
      boolean isRepeated = page.isPresent() && page.get().repeat(identity.bytes, identity.length);
      isInPassage = !isRepeated;
      return isRepeated;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link RepeatingPage#endPassage}. */
  void endPassage(boolean isKept) {
    drain();
    isInPassage = false;
    page.ifPresent(it -> it.endPassage(isKept));
  }

  /** Writes all bytes and forgets them. */
  public void drainTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
    length = 0;
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  private void reserve(int count) {
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, Math.addExact(length, count)));
    }
  }
}
