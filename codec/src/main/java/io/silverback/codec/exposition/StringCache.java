package io.silverback.codec.exposition;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Strings of recently decoded bytes, so that a name or value that repeats in a body is one string.
 *
 * <p>Each string has one possible place, where the newest stays: no input can make a look-up slow
 * or the cache big. Belongs to one body; not thread-safe.
 */
final class StringCache {
  private static final int MIN_PLACES = 16;
  private static final int MAX_PLACES = 4096;

  /** Longer strings hardly repeat. */
  private static final int MAX_LENGTH = 256;

  /** Two to the 64 divided by the golden ratio, which spreads what differs in few bits. */
  private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] body = {};
  private final @Nullable String[] strings;
  private final int[] offsets;

  /** A cache for a body of about that length. */
  StringCache(int length) {
    int places = Integer.highestOneBit(Math.clamp(length / 16, MIN_PLACES, MAX_PLACES));
    strings = new String[places];
    offsets = new int[places];
  }

  /** Goes on with other bytes of the body. */
  void enter(byte[] bytes) {
    body = bytes;
    Arrays.fill(strings, null);
  }

  /** The bytes {@code [from, to)} as text; what is not UTF-8 is replaced. */
  String decode(byte[] bytes, int from, int to) {
    int length = to - from;
    if (bytes != body || length > MAX_LENGTH) {
      return new String(bytes, from, length, StandardCharsets.UTF_8);
    }
    int place = hash(bytes, from, to) & (strings.length - 1);
    String cached = strings[place];
    if (cached != null && cached.length() == length) {
      int offset = offsets[place];
      if (Arrays.equals(body, offset, offset + length, body, from, to)) {
        return cached;
      }
    }
    String decoded = new String(bytes, from, length, StandardCharsets.UTF_8);
    // A string of another length than its bytes is not ASCII and could not be compared above.
    if (decoded.length() == length) {
      strings[place] = decoded;
      offsets[place] = from;
    }
    return decoded;
  }

  private static int hash(byte[] bytes, int from, int to) {
    long hash = MULTIPLIER;
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      hash = (hash ^ (long) EIGHT_BYTES.get(bytes, at)) * MULTIPLIER;
      hash ^= hash >>> 32;
    }
    for (; at < to; at++) {
      hash = (hash ^ bytes[at]) * MULTIPLIER;
    }
    return (int) (hash >>> 40);
  }
}
