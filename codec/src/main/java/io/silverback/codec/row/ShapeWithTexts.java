package io.silverback.codec.row;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.bytes.FrameOutput;
import java.util.ArrayList;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A shape with all its texts, at the end of a message to a node that may not know it. Layout:
 * {@code docs/formats/group-state.md}.
 */
final class ShapeWithTexts {
  private static final int LEAST_TEXT_LENGTH = 1;

  private ShapeWithTexts() {}

  /** Writes the length of the shape, the shape, and its texts. */
  static void write(GroupShape shape, MutableDirectBuffer buffer, FrameOutput out) {
    var symbols = new LocalSymbols();
    int lengthAt = out.position();
    out.u32(0);
    int length = shape.encode(symbols, buffer, out.position());
    out.u32At(lengthAt, length);
    out.advance(length);
    out.varint(symbols.texts().size());
    for (String text : symbols.texts()) {
      byte[] encoded = text.getBytes(UTF_8);
      out.varint(encoded.length);
      out.bytes(encoded);
    }
  }

  /**
   * Reads a shape, and the texts after it up to the end of the message.
   *
   * @param in over the buffer from its start
   */
  static GroupShape read(FrameInput in, DirectBuffer buffer, int position, int length) {
    in.position(position + length);
    int count = in.count(LEAST_TEXT_LENGTH);
    var texts = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      texts.add(new String(in.bytes(in.count(1)), UTF_8));
    }
    if (in.position() != in.length()) {
      throw in.fault("bytes after the end");
    }
    return GroupShape.decode(new LocalSymbols(texts), buffer, position, length);
  }
}
