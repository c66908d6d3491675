package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.bytes.FrameOutput;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A page of the history of one group as nodes send it to one another: the key of the group, the
 * column pages side by side, and the shape that their columns are those of.
 *
 * <p>Layout: {@code docs/formats/history-page.md}.
 */
public final class HistoryPageMessage {
  private static final int FORMAT = 'H';
  private static final int VERSION = 1;

  private final byte[] key;
  private final List<byte[]> blocks;
  private final GroupShape shape;

  /**
   * Reads a message that fills the bytes, and checks its checksum. What is in the blocks is not
   * looked at.
   *
   * @throws CorruptFrameException if they are damaged or no such message
   */
  public HistoryPageMessage(byte[] message) {
    int end = message.length - FrameChecksum.CHECKSUM_LENGTH;
    if (end < 0) {
      throw new CorruptFrameException("message is cut off: length=" + message.length);
    }
    DirectBuffer buffer = new UnsafeBuffer(message);
    FrameChecksum.verify(buffer, 0, message.length);
    var in = new FrameInput(buffer, 0, end);
    if (in.u8() != FORMAT || in.u8() != VERSION) {
      throw in.fault("not a page of history of this version");
    }
    key = in.bytes(in.u32());
    int count = in.count(1);
    blocks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      blocks.add(in.bytes(in.count(1)));
    }
    int length = in.u32();
    int position = in.position();
    in.skip(length);
    shape = ShapeWithTexts.read(in, buffer, position, length);
  }

  /**
   * The message of a page.
   *
   * @param blocks those without rows are empty
   */
  public static byte[] encode(byte[] key, List<byte[]> blocks, GroupShape shape) {
    var buffer = new ExpandableArrayBuffer();
    var out = new FrameOutput(buffer, 0);
    out.u8(FORMAT);
    out.u8(VERSION);
    out.u32(key.length);
    out.bytes(key);
    out.varint(blocks.size());
    for (byte[] block : blocks) {
      out.varint(block.length);
      out.bytes(block);
    }
    ShapeWithTexts.write(shape, buffer, out);
    byte[] message = new byte[out.finish()];
    buffer.getBytes(0, message);
    return message;
  }

  /** As the store encodes keys. */
  public byte[] key() {
    return key.clone();
  }

  /** One for each block of columns, empty where it has no rows; nobody changes them. */
  public List<byte[]> blocks() {
    return blocks;
  }

  public GroupShape shape() {
    return shape;
  }
}
