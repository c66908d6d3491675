package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.bytes.FrameOutput;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The whole state of one group as nodes send it to one another: its key, its frame, and its shape
 * with all texts unless the receiver is taken to know it.
 *
 * <p>Reads where the bytes stand, which it borrows, and decodes what it is asked for. Not
 * thread-safe. Layout: {@code docs/formats/group-state.md}.
 */
public final class GroupStateMessage {
  private static final int FORMAT = 'W';
  private static final int VERSION = 1;

  private final DirectBuffer buffer;
  private final FrameInput in;
  private final byte[] key;
  private final int framePosition;
  private final int frameLength;
  private final int shapePosition;
  private final int shapeLength;

  /**
   * Reads a message that fills the bytes, and checks its checksum.
   *
   * @throws CorruptFrameException if they are damaged or no such message
   */
  public GroupStateMessage(byte[] message) {
    int end = message.length - FrameChecksum.CHECKSUM_LENGTH;
    if (end < 0) {
      throw new CorruptFrameException("message is cut off: length=" + message.length);
    }
    buffer = new UnsafeBuffer(message);
    FrameChecksum.verify(buffer, 0, message.length);
    in = new FrameInput(buffer, 0, end);
    if (in.u8() != FORMAT || in.u8() != VERSION) {
      throw in.fault("not a state of this version");
    }
    key = in.bytes(in.u32());
    frameLength = in.u32();
    framePosition = in.position();
    in.skip(frameLength);
    shapeLength = in.u32();
    shapePosition = in.position();
    in.skip(shapeLength);
    if (shapeLength == 0 && in.position() != end) {
      throw in.fault("bytes after the end");
    }
  }

  /** The message of a group whose shape the receiver knows. */
  public static byte[] encode(byte[] key, GroupFrame frame) {
    var buffer = new ExpandableArrayBuffer(room(key, frame));
    FrameOutput out = start(buffer, key, frame);
    out.u32(0);
    return finish(buffer, out);
  }

  /** The message of a group for a receiver that does not know its shape. */
  public static byte[] encode(byte[] key, GroupFrame frame, GroupShape shape) {
    if (!shape.fingerprint().equals(frame.shape())) {
      throw new IllegalArgumentException(
          "not the shape of the frame: shape=" + shape + " frame=" + frame.shape());
    }
    if (shape.families().isEmpty()) {
      return encode(key, frame);
    }
    var buffer = new ExpandableArrayBuffer(room(key, frame));
    FrameOutput out = start(buffer, key, frame);
    ShapeWithTexts.write(shape, buffer, out);
    return finish(buffer, out);
  }

  /** As the store encodes keys; for the caller to keep. */
  public byte[] key() {
    return key.clone();
  }

  /** The frame where it stands. */
  public GroupFrameReader frameReader() {
    return new GroupFrameReader(buffer, framePosition, frameLength);
  }

  /**
   * The frame, copied.
   *
   * @throws CorruptFrameException if it is not valid
   */
  public GroupFrame frame() {
    return GroupFrame.decode(buffer, framePosition, frameLength);
  }

  /** True if the message says what the shape of the frame is. */
  public boolean hasShape() {
    return shapeLength > 0;
  }

  /**
   * The shape that came along.
   *
   * @throws CorruptFrameException if it is not valid, or not that of the frame
   * @throws IllegalStateException if the message has none
   */
  public GroupShape shape() {
    if (!hasShape()) {
      throw new IllegalStateException("came without a shape: length=" + buffer.capacity());
    }
    GroupShape shape = ShapeWithTexts.read(in, buffer, shapePosition, shapeLength);
    if (!shape.fingerprint().equals(frameReader().shape())) {
      throw in.fault("not the shape of the frame");
    }
    return shape;
  }

  private static int room(byte[] key, GroupFrame frame) {
    return (int) Math.min(Integer.MAX_VALUE / 2, 64 + key.length + frame.lengthBytes());
  }

  private static FrameOutput start(ExpandableArrayBuffer buffer, byte[] key, GroupFrame frame) {
    var out = new FrameOutput(buffer, 0);
    out.u8(FORMAT);
    out.u8(VERSION);
    out.u32(key.length);
    out.bytes(key);
    int lengthAt = out.position();
    out.u32(0);
    int length = frame.encode(buffer, out.position());
    out.u32At(lengthAt, length);
    out.advance(length);
    return out;
  }

  private static byte[] finish(ExpandableArrayBuffer buffer, FrameOutput out) {
    byte[] message = new byte[out.finish()];
    buffer.getBytes(0, message);
    return message;
  }
}
