package io.silverback.codec.remoteread;

import com.google.protobuf.CodedOutputStream;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufOutput;
import java.util.zip.CRC32C;

/**
 * Writes the answers of remote read, series by series: a {@code ChunkedReadResponse} with its frame
 * for a client that takes chunks, or a {@code TimeSeries} of a {@code ReadResponse}.
 *
 * <p>The bytes are those that Prometheus' own server writes, which leaves out what is 0. Not
 * thread-safe. Layout: {@code docs/formats/remote-read.md}.
 */
public final class SeriesMessages {
  /** The encoding of the chunks, of which this one alone is known to all versions. */
  private static final int XOR = 1;

  private final ExpositionBuffer message = new ExpositionBuffer(8 * 1024);
  private final ProtobufOutput fields = new ProtobufOutput(message);
  private final CRC32C checksum = new CRC32C();
  private int series;

  /**
   * Adds a label to the encoded labels of a series. They must come in the order of the bytes of
   * their names.
   */
  public static void addLabel(String name, String value, ExpositionBuffer labels) {
    var out = new ProtobufOutput(labels);
    int start = out.open(1);
    out.text(1, name);
    out.text(2, value);
    out.close(start);
  }

  /** Begins the frame of one series with its encoded labels. */
  public void beginFrame(byte[] labels) {
    message.clear();
    series = fields.open(1);
    message.put(labels, 0, labels.length);
  }

  /** Adds a chunk in Prometheus' XOR encoding. */
  public void addChunk(long minMillis, long maxMillis, byte[] data) {
    int chunk = fields.open(2);
    unlessZero(1, minMillis);
    unlessZero(2, maxMillis);
    fields.integer(3, XOR);
    int bytes = fields.open(4);
    message.put(data, 0, data.length);
    fields.close(bytes);
    fields.close(chunk);
  }

  /** Ends the message and puts its frame around it. */
  public void endFrame(long queryIndex, ExpositionBuffer out) {
    fields.close(series);
    unlessZero(2, queryIndex);
    byte[] bytes = message.toByteArray();
    checksum.reset();
    checksum.update(bytes, 0, bytes.length);
    int sum = (int) checksum.getValue();
    out.putVarint(bytes.length);
    for (int shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      out.put(sum >>> shift);
    }
    out.put(bytes, 0, bytes.length);
  }

  private void unlessZero(int field, long value) {
    if (value != 0) {
      fields.integer(field, value);
    }
  }

  /** What {@link #putSample} writes. */
  public static int sampleLength(long timeMillis, long valueBits) {
    return 2 + contentLength(timeMillis, valueBits);
  }

  /** Writes a sample of a time series. */
  public static void putSample(long timeMillis, long valueBits, ExpositionBuffer out) {
    out.put(2 << 3 | 2);
    out.put(contentLength(timeMillis, valueBits));
    var fields = new ProtobufOutput(out);
    if (valueBits != 0) {
      fields.number(1, Double.longBitsToDouble(valueBits));
    }
    if (timeMillis != 0) {
      fields.integer(2, timeMillis);
    }
  }

  private static int contentLength(long timeMillis, long valueBits) {
    return (valueBits == 0 ? 0 : 1 + Long.BYTES)
        + (timeMillis == 0 ? 0 : 1 + CodedOutputStream.computeUInt64SizeNoTag(timeMillis));
  }

  /** What a message takes that is the field 1 of another one, its tag and length included. */
  public static long lengthAsField(long length) {
    return 1 + CodedOutputStream.computeUInt64SizeNoTag(length) + length;
  }

  /** Writes the tag and the length of a message that is the field 1 of another one. */
  public static void putHead(long length, ExpositionBuffer out) {
    out.put(1 << 3 | 2);
    out.putVarint(length);
  }
}
