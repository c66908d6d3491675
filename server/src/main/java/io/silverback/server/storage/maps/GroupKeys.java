package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.storage.Utf8Order;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Grouping keys as bytes: the labels in their order, each text after its length.
 *
 * <p>Equal keys are equal bytes. A length below 255 is one byte, a longer one is 255 and four more.
 */
public final class GroupKeys {
  private static final int LONG_TEXT = 0xff;

  private GroupKeys() {}

  public static byte[] encode(GroupingKey key) {
    Labels labels = key.labels();
    MutableDirectBuffer buffer = new ExpandableArrayBuffer();
    int length = 0;
    for (int i = 0; i < labels.size(); i++) {
      length = put(labels.name(i), buffer, length);
      length = put(labels.value(i), buffer, length);
    }
    byte[] encoded = new byte[length];
    buffer.getBytes(0, encoded);
    return encoded;
  }

  /**
   * The key that is these bytes and nothing else.
   *
   * @throws MalformedBytesException if none is
   */
  public static GroupingKey decode(byte[] encoded) {
    try {
      GroupingKey key = decode(new UnsafeBuffer(encoded), 0, encoded.length);
      if (Arrays.equals(encode(key), encoded)) {
        return key;
      }
    } catch (IndexOutOfBoundsException | NegativeArraySizeException | IllegalArgumentException _) {
      // Below.
    }
    throw new MalformedBytesException("not a grouping key: length=" + encoded.length);
  }

  public static GroupingKey decode(DirectBuffer buffer, int offset, int length) {
    return new GroupingKey(labels(buffer, offset, length));
  }

  /** The labels of a key. */
  public static Labels labels(DirectBuffer buffer, int offset, int length) {
    var labels = new Labels.Builder();
    int at = offset;
    while (at < offset + length) {
      int nameStart = textStart(buffer, at);
      int nameEnd = nameStart + textLength(buffer, at);
      int valueStart = textStart(buffer, nameEnd);
      int valueEnd = valueStart + textLength(buffer, nameEnd);
      labels.add(
          text(buffer, nameStart, nameEnd - nameStart),
          text(buffer, valueStart, valueEnd - valueStart));
      at = valueEnd;
    }
    return labels.build();
  }

  /** How many labels a key has. */
  public static int pairs(DirectBuffer key) {
    int pairs = 0;
    int at = 0;
    while (at < key.capacity()) {
      int value = textStart(key, at) + textLength(key, at);
      at = textStart(key, value) + textLength(key, value);
      pairs++;
    }
    return pairs;
  }

  /** True if the key has a label of that name, in UTF-8. */
  public static boolean hasName(DirectBuffer key, byte[] name) {
    int at = 0;
    while (at < key.capacity()) {
      int start = textStart(key, at);
      int length = textLength(key, at);
      if (length == name.length && equals(key, start, name)) {
        return true;
      }
      int value = start + length;
      at = textStart(key, value) + textLength(key, value);
    }
    return false;
  }

  /** True if the labels of two keys have the same names. */
  public static boolean haveSameNames(DirectBuffer left, DirectBuffer right) {
    int leftAt = 0;
    int rightAt = 0;
    while (leftAt < left.capacity() && rightAt < right.capacity()) {
      int leftValue = textStart(left, leftAt) + textLength(left, leftAt);
      int rightValue = textStart(right, rightAt) + textLength(right, rightAt);
      int length = leftValue - leftAt;
      if (length != rightValue - rightAt
          || Utf8Order.compare(left, leftAt, length, right, rightAt, length) != 0) {
        return false;
      }
      leftAt = textStart(left, leftValue) + textLength(left, leftValue);
      rightAt = textStart(right, rightValue) + textLength(right, rightValue);
    }
    return leftAt == left.capacity() && rightAt == right.capacity();
  }

  private static boolean equals(DirectBuffer key, int start, byte[] text) {
    for (int i = 0; i < text.length; i++) {
      if (key.getByte(start + i) != text[i]) {
        return false;
      }
    }
    return true;
  }

  /** Text by text in the order of their code points: 0 for equal keys and nothing else. */
  public static int compare(DirectBuffer left, DirectBuffer right) {
    int leftAt = 0;
    int rightAt = 0;
    while (leftAt < left.capacity() && rightAt < right.capacity()) {
      int leftStart = textStart(left, leftAt);
      int rightStart = textStart(right, rightAt);
      leftAt = leftStart + textLength(left, leftAt);
      rightAt = rightStart + textLength(right, rightAt);
      int order =
          Utf8Order.compare(
              left, leftStart, leftAt - leftStart, right, rightStart, rightAt - rightStart);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.capacity() - leftAt, right.capacity() - rightAt);
  }

  private static int put(String text, MutableDirectBuffer buffer, int offset) {
    byte[] encoded = text.getBytes(UTF_8);
    int at = offset;
    if (encoded.length < LONG_TEXT) {
      buffer.putByte(at++, (byte) encoded.length);
    } else {
      buffer.putByte(at++, (byte) LONG_TEXT);
      buffer.putInt(at, encoded.length, LITTLE_ENDIAN);
      at += Integer.BYTES;
    }
    buffer.putBytes(at, encoded);
    return at + encoded.length;
  }

  /** Where a text begins of which the length stands at an offset. */
  public static int textStart(DirectBuffer buffer, int at) {
    boolean isShort = (buffer.getByte(at) & 0xff) < LONG_TEXT;
    return at + (isShort ? Byte.BYTES : Byte.BYTES + Integer.BYTES);
  }

  public static int textLength(DirectBuffer buffer, int at) {
    int length = buffer.getByte(at) & 0xff;
    return length < LONG_TEXT ? length : buffer.getInt(at + 1, LITTLE_ENDIAN);
  }

  private static String text(DirectBuffer buffer, int start, int length) {
    // Before the memory is taken: the length is what another node says.
    buffer.boundsCheck(start, length);
    byte[] encoded = new byte[length];
    buffer.getBytes(start, encoded);
    return new String(encoded, UTF_8);
  }
}
