package io.silverback.codec.exposition;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;

/**
 * Hashes the pieces of a body between its numbers, with a key of this process: for any two
 * sequences of pieces with the same lengths that differ, the chance of the same hash is less than
 * one in 2^62, whatever a client may choose, as it does not see the key. Not thread-safe.
 */
final class BodySkeleton {
  /*
   * Implementation notes
   *
   * NH of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway, 1999) with the words of 64 bits of VMAC
   * (Krovetz, Dai, 2006): the sum of the products of pairs of words, each added to a word of the
   * key, modulo 2^128. Two inputs of the same length collide with a chance of 2^-64. It takes one
   * multiplication for sixteen bytes.
   *
   * A key has an end, so it is done in three levels, which add up their chances: the pairs of a
   * piece of at most KEY_WORDS words; the results of up to UNITS pieces; and the results of up to
   * UNITS of those. The hash is meaningless without the lengths of the pieces, which the reader of
   * a template has beforehand.
   */
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);

  private static final int KEY_WORDS = 256;
  private static final int PIECE_LENGTH = KEY_WORDS * Long.BYTES;
  private static final int UNITS = 1024;

  /** The most units that can be hashed. */
  static final int MOST_UNITS = UNITS * UNITS;

  private static final int PAIR_LENGTH = 2 * Long.BYTES;
  private static final long[] PIECE_KEY = randomWords(KEY_WORDS);
  private static final long[] UNIT_KEY = randomWords(2 * UNITS);
  private static final long[] TOP_KEY = randomWords(2 * UNITS);

  private int units;
  private long unitHigh;
  private long unitLow;
  private long topHigh;
  private long topLow;

  private static long[] randomWords(int count) {
    var random = new SecureRandom();
    return random.longs(count).toArray();
  }

  /** How many units a piece of that length is. */
  static long unitsOf(int length) {
    return Math.max(1, ((long) length + PIECE_LENGTH - 1) / PIECE_LENGTH);
  }

  /** Adds a piece. The caller sees to it that there are no more than {@link #MOST_UNITS} units. */
  void add(byte[] bytes, int from, int length) {
    int at = from;
    int left = length;
    while (left > PIECE_LENGTH) {
      addUnit(bytes, at, PIECE_LENGTH);
      at += PIECE_LENGTH;
      left -= PIECE_LENGTH;
    }
    addUnit(bytes, at, left);
  }

  /** The same, but an empty piece costs nothing, and so must not have been added otherwise. */
  void addUnlessEmpty(byte[] bytes, int from, int length) {
    if (length > 0) {
      add(bytes, from, length);
    }
  }

  private void addUnit(byte[] bytes, int from, int length) {
    long high = 0;
    long low = 0;
    if (length >= PAIR_LENGTH) {
      int last = from + length - PAIR_LENGTH;
      int key = 0;
      for (int at = from; at < last; at += PAIR_LENGTH, key += 2) {
        long left = (long) LONGS.get(bytes, at) + PIECE_KEY[key];
        long right = (long) LONGS.get(bytes, at + Long.BYTES) + PIECE_KEY[key + 1];
        long product = left * right;
        low += product;
        high += Math.unsignedMultiplyHigh(left, right) + carry(low, product);
      }
      // The last pair may overlap the one before, which says nothing less.
      long left = (long) LONGS.get(bytes, last) + PIECE_KEY[key];
      long right = (long) LONGS.get(bytes, last + Long.BYTES) + PIECE_KEY[key + 1];
      long product = left * right;
      low += product;
      high += Math.unsignedMultiplyHigh(left, right) + carry(low, product);
    } else {
      long left = firstWord(bytes, from, length) + PIECE_KEY[0];
      long right = lastWord(bytes, from, length) + PIECE_KEY[1];
      low = left * right;
      high = Math.unsignedMultiplyHigh(left, right);
    }
    addToUnits(high, low);
  }

  private static long firstWord(byte[] bytes, int from, int length) {
    if (length >= Long.BYTES) {
      return (long) LONGS.get(bytes, from);
    }
    long word = 0;
    for (int i = 0; i < length; i++) {
      word = word << Byte.SIZE | (bytes[from + i] & 0xff);
    }
    return word;
  }

  private static long lastWord(byte[] bytes, int from, int length) {
    return length >= Long.BYTES ? (long) LONGS.get(bytes, from + length - Long.BYTES) : 0;
  }

  private void addToUnits(long high, long low) {
    int key = 2 * (units % UNITS);
    long left = high + UNIT_KEY[key];
    long right = low + UNIT_KEY[key + 1];
    long product = left * right;
    unitLow += product;
    unitHigh += Math.unsignedMultiplyHigh(left, right) + carry(unitLow, product);
    units++;
    if (units % UNITS == 0) {
      closeUnits();
    }
  }

  private void closeUnits() {
    int key = 2 * ((units - 1) / UNITS);
    long left = unitHigh + TOP_KEY[key];
    long right = unitLow + TOP_KEY[key + 1];
    long product = left * right;
    topLow += product;
    topHigh += Math.unsignedMultiplyHigh(left, right) + carry(topLow, product);
    unitHigh = 0;
    unitLow = 0;
  }

  private static long carry(long sum, long added) {
    return Long.compareUnsigned(sum, added) < 0 ? 1 : 0;
  }

  /** Ends the pieces; {@link #high} and {@link #low} are the hash from then on. */
  void finish() {
    if (units % UNITS != 0) {
      units += UNITS - units % UNITS;
      closeUnits();
    }
  }

  long high() {
    return topHigh;
  }

  long low() {
    return topLow;
  }
}
