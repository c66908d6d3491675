package io.silverback.codec.model;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Hashes a sequence of texts and numbers into a {@link Fingerprint}: MurmurHash3, the variant for
 * 64-bit machines with 128 bits of result (A. Appleby, 2011).
 *
 * <p>A text goes in as its length and its UTF-8 bytes, so that neighbours never run together. May
 * be used again after {@link #finish}; not thread-safe.
 */
public final class Fingerprinter {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);
  private static final int BLOCK_LENGTH = 16;
  private static final int BUFFER_LENGTH = 64 * BLOCK_LENGTH;
  private static final long MULTIPLIER_1 = 0x87c37b91114253d5L;
  private static final long MULTIPLIER_2 = 0x4cf5ad432745937fL;

  private final byte[] buffer = new byte[BUFFER_LENGTH];
  private int buffered;
  private long length;
  private long high;
  private long low;

  public Fingerprinter add(long number) {
    if (buffered > BUFFER_LENGTH - Long.BYTES) {
      // Only whole blocks may be mixed, so the number is split at the end of the buffer.
      for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
        addByte((byte) (number >>> shift));
      }
    } else {
      LONGS.set(buffer, buffered, number);
      advance(Long.BYTES);
    }
    return this;
  }

  @SuppressWarnings("deprecation") // copies the low bytes of the chars, which is right for ASCII
  public Fingerprinter add(String text) {
    int size = text.length();
    if (size < BUFFER_LENGTH - Long.BYTES - buffered && isAscii(text)) {
      LONGS.set(buffer, buffered, (long) size);
      text.getBytes(0, size, buffer, buffered + Long.BYTES);
      advance(Long.BYTES + size);
      return this;
    }
    // Half a surrogate pair would become a question mark in UTF-8, and so look like another text.
    boolean isWhole = text.codePoints().noneMatch(Fingerprinter::isHalfPair);
    byte[] encoded = text.getBytes(isWhole ? StandardCharsets.UTF_8 : StandardCharsets.UTF_16BE);
    add(isWhole ? (long) encoded.length : -1L - encoded.length);
    return add(encoded);
  }

  private static boolean isHalfPair(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  /** The bytes alone, without their number. */
  public Fingerprinter add(byte[] bytes) {
    int from = 0;
    while (from < bytes.length) {
      int count = Math.min(bytes.length - from, BUFFER_LENGTH - buffered);
      System.arraycopy(bytes, from, buffer, buffered, count);
      advance(count);
      from += count;
    }
    return this;
  }

  /** The fingerprint of all that was added since the last one. */
  public Fingerprint finish() {
    int tail = buffered % BLOCK_LENGTH;
    mix(buffered - tail);
    Arrays.fill(buffer, buffered, buffered - tail + BLOCK_LENGTH, (byte) 0);
    int at = buffered - tail;
    if (tail > Long.BYTES) {
      low ^= scrambleSecond((long) LONGS.get(buffer, at + Long.BYTES));
    }
    if (tail > 0) {
      high ^= scrambleFirst((long) LONGS.get(buffer, at));
    }
    length += buffered;
    high ^= length;
    low ^= length;
    high += low;
    low += high;
    high = avalanche(high);
    low = avalanche(low);
    high += low;
    low += high;
    var result = new Fingerprint(high, low);
    start();
    return result;
  }

  private void start() {
    high = 0;
    low = 0;
    length = 0;
    buffered = 0;
  }

  private void addByte(byte value) {
    buffer[buffered] = value;
    advance(1);
  }

  private void advance(int count) {
    buffered += count;
    if (buffered == BUFFER_LENGTH) {
      mix(BUFFER_LENGTH);
      length += BUFFER_LENGTH;
      buffered = 0;
    }
  }

  private void mix(int end) {
    long h1 = high;
    long h2 = low;
    for (int at = 0; at < end; at += BLOCK_LENGTH) {
      h1 ^= scrambleFirst((long) LONGS.get(buffer, at));
      h1 = (Long.rotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
      h2 ^= scrambleSecond((long) LONGS.get(buffer, at + Long.BYTES));
      h2 = (Long.rotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    high = h1;
    low = h2;
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f) {
        return false;
      }
    }
    return true;
  }

  private static long scrambleFirst(long word) {
    return Long.rotateLeft(word * MULTIPLIER_1, 31) * MULTIPLIER_2;
  }

  private static long scrambleSecond(long word) {
    return Long.rotateLeft(word * MULTIPLIER_2, 33) * MULTIPLIER_1;
  }

  private static long avalanche(long word) {
    long mixed = (word ^ word >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ mixed >>> 33;
  }
}
