package io.silverback.codec.row;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bytes.FrameInput;
import org.agrona.DirectBuffer;

/**
 * The texts of an encoded shape, which stand in it as the ids of symbols. Borrows the bytes.
 *
 * @param offset of the first id in the buffer
 * @param count how many ids there are
 */
record ShapeTexts(Symbols symbols, DirectBuffer buffer, int offset, int count) {

  long id(int index) {
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException("no such symbol: count=" + count + " index=" + index);
    }
    return buffer.getLong(offset + index * Long.BYTES, LITTLE_ENDIAN);
  }

  /** The text that a varint means. */
  String text(FrameInput in) {
    return text(in.index(count + 1));
  }

  /** The text of a number as families and label sets have it. */
  String text(int number) {
    return number == ShapeLayout.EMPTY_TEXT ? "" : symbols.text(id(number - 1));
  }

  /** The same in UTF-8, of a text that is not empty; not to be changed. */
  byte[] utf8(int number) {
    return symbols.utf8(id(number - 1));
  }
}
