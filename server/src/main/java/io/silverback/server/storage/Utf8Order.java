package io.silverback.server.storage;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/** Orders of texts that are there as UTF-8, without making strings of them. */
public final class Utf8Order {
  /** The first byte of a character that UTF-16 says with two units. */
  private static final int FIRST_OF_TWO_UNITS = 0xF0;

  /** The first byte of characters after the surrogates of UTF-16. */
  private static final int FIRST_BEHIND_SURROGATES = 0xEE;

  private Utf8Order() {}

  /** By code points. */
  public static int compare(DirectBuffer left, DirectBuffer right) {
    return compare(left, 0, left.capacity(), right, 0, right.capacity());
  }

  /** The same for parts of buffers. */
  public static int compare(
      DirectBuffer left,
      int leftAt,
      int leftLength,
      DirectBuffer right,
      int rightAt,
      int rightLength) {
    int common = Math.min(leftLength, rightLength);
    int at = mismatch(left, leftAt, right, rightAt, common);
    return at == common
        ? Integer.compare(leftLength, rightLength)
        : Integer.compare(left.getByte(leftAt + at) & 0xFF, right.getByte(rightAt + at) & 0xFF);
  }

  /** As strings compare, which puts surrogates before some that are one unit. */
  public static int compareAsStrings(DirectBuffer left, DirectBuffer right) {
    int common = Math.min(left.capacity(), right.capacity());
    int at = mismatch(left, 0, right, 0, common);
    if (at == common) {
      return Integer.compare(left.capacity(), right.capacity());
    }
    int leftByte = left.getByte(at) & 0xFF;
    int rightByte = right.getByte(at) & 0xFF;
    boolean isReversed =
        leftByte >= FIRST_BEHIND_SURROGATES
            && rightByte >= FIRST_BEHIND_SURROGATES
            && leftByte >= FIRST_OF_TWO_UNITS != rightByte >= FIRST_OF_TWO_UNITS;
    return isReversed ? Integer.compare(rightByte, leftByte) : Integer.compare(leftByte, rightByte);
  }

  /** How many bytes are the same before the first that differ. */
  private static int mismatch(
      DirectBuffer left, int leftAt, DirectBuffer right, int rightAt, int length) {
    if (left.byteArray() == right.byteArray()
        && left.addressOffset() + leftAt == right.addressOffset() + rightAt) {
      return length;
    }
    int at = 0;
    while (at + Long.BYTES <= length) {
      long difference =
          left.getLong(leftAt + at, ByteOrder.LITTLE_ENDIAN)
              ^ right.getLong(rightAt + at, ByteOrder.LITTLE_ENDIAN);
      if (difference != 0) {
        return at + Long.numberOfTrailingZeros(difference) / Byte.SIZE;
      }
      at += Long.BYTES;
    }
    while (at < length && left.getByte(leftAt + at) == right.getByte(rightAt + at)) {
      at++;
    }
    return at;
  }
}
