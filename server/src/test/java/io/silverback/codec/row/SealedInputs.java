package io.silverback.codec.row;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.page.PageChecksum;
import io.silverback.codec.page.RowPageCursor;
import io.silverback.codec.page.RowPageReader;
import java.util.Arrays;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads bytes under a right checksum, so that it is not the checksum alone that refuses them. */
public final class SealedInputs {
  private static final int TEXTS = 16;

  /** Knows a few texts. */
  private static final Symbols SYMBOLS =
      new Symbols() {
        @Override
        public long acquire(String text) {
          return Math.floorMod(text.hashCode(), TEXTS);
        }

        @Override
        public String text(long id) {
          if (id < 0 || id >= TEXTS) {
            throw new CorruptFrameException("no such symbol: id=" + id);
          }
          return "text" + id;
        }

        @Override
        public void release(long id) {}
      };

  private SealedInputs() {}

  /** The frame of a group that is not there, without its checksum. */
  public static byte[] frame() {
    return encoded((buffer, offset) -> GroupFrame.EMPTY.encode(buffer, offset));
  }

  /** A shape, without its checksum. */
  public static byte[] shape(List<MetricFamily> families) {
    var key = GroupingKey.of("x");
    List<MetricFamily> keyed =
        families.stream()
            .map(
                family ->
                    family.withMetrics(
                        family.metrics().stream()
                            .map(metric -> metric.withLabels(metric.labels().with(key.labels())))
                            .toList()))
            .toList();
    GroupShape shape = GroupShape.of(key, keyed);
    return encoded((buffer, offset) -> shape.encode(SYMBOLS, buffer, offset));
  }

  /** The state of a group that is not there. */
  public static byte[] state() {
    return GroupStateMessage.encode(new byte[] {1, 'x'}, GroupFrame.EMPTY);
  }

  /** The cursor of a page without rows. */
  public static byte[] rows() {
    var cursor = new RowPageCursor();
    cursor.start(2);
    byte[] bytes = new byte[RowPageCursor.encodedLength(2) + 16];
    cursor.encode(new UnsafeBuffer(bytes), 0);
    return bytes;
  }

  @FunctionalInterface
  private interface Encoding {
    int encode(MutableDirectBuffer buffer, int offset);
  }

  private static byte[] encoded(Encoding encoding) {
    var buffer = new ExpandableArrayBuffer();
    byte[] bytes = new byte[encoding.encode(buffer, 0) - FrameChecksum.CHECKSUM_LENGTH];
    buffer.getBytes(0, bytes);
    return bytes;
  }

  /** Reads a group frame whose checksum is put after these bytes. */
  public static void readFrame(byte[] bytes) {
    UnsafeBuffer sealed = sealed(bytes);
    GroupFrame frame = GroupFrame.decode(sealed, 0, sealed.capacity());
    frame.encode(new ExpandableArrayBuffer(), 0);
  }

  /** Reads a shape whose checksum is put after these bytes. */
  public static void readShape(byte[] bytes) {
    UnsafeBuffer sealed = sealed(bytes);
    GroupShape.decode(SYMBOLS, sealed, 0, sealed.capacity());
  }

  /** Reads a group's state as nodes send it. */
  public static void readState(byte[] bytes) {
    var message = new GroupStateMessage(bytes);
    message.frame();
    if (message.hasShape()) {
      message.shape();
    }
  }

  /** Reads all rows of a page after its cursor, which gets the right checksum. */
  public static void readRows(byte[] bytes) {
    var cursor = new RowPageCursor();
    var buffer = new UnsafeBuffer(bytes);
    cursor.decode(buffer, 0, buffer.capacity());
    int start = RowPageCursor.encodedLength(cursor.columns());
    int length = cursor.lengthBytes();
    if (length < 0 || length > bytes.length - start) {
      return;
    }
    buffer.putInt(
        RowPageCursor.CHECKSUM_OFFSET, new PageChecksum().of(buffer, start, length), LITTLE_ENDIAN);
    cursor.decode(buffer, 0, buffer.capacity());
    var reader = new RowPageReader();
    reader.wrap(buffer, start, length, cursor);
    while (reader.next()) {
      for (int column = 0; column < reader.columns(); column++) {
        if (reader.isPresent(column)) {
          reader.valueBits(column);
        }
      }
    }
  }

  private static UnsafeBuffer sealed(byte[] bytes) {
    byte[] sealed = Arrays.copyOf(bytes, bytes.length + FrameChecksum.CHECKSUM_LENGTH);
    var buffer = new UnsafeBuffer(sealed);
    FrameChecksum.put(buffer, 0, bytes.length);
    return buffer;
  }
}
