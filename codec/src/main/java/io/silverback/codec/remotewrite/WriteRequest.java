package io.silverback.codec.remotewrite;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.remoteread.SeriesMessages;

/**
 * A {@code WriteRequest} of remote write 1.0 that grows series by series. Made to be cleared and
 * filled again; not thread-safe. Layout: {@code docs/formats/remote-write.md}.
 */
public final class WriteRequest {
  private static final int FIRST_CAPACITY = 16 * 1024;

  private final ExpositionBuffer bytes = new ExpositionBuffer(FIRST_CAPACITY);
  private int samples;

  /** Some samples of a series, in the order of time. */
  public interface Points {
    long timeMillis(int index);

    /** As NaNs differ in them. */
    long valueBits(int index);
  }

  public void clear() {
    bytes.clear();
    samples = 0;
  }

  /** How many samples there are. */
  public int samples() {
    return samples;
  }

  /** The length of the message. */
  public int length() {
    return bytes.length();
  }

  /** The message. */
  public byte[] toByteArray() {
    return bytes.toByteArray();
  }

  /**
   * Adds samples of a series.
   *
   * @param labels of {@link SeriesMessages#addLabel}, in the order of the bytes of their names,
   *     with no name twice and no value empty
   * @param from the first of the points
   * @param to the one after the last
   */
  public void add(byte[] labels, Points points, int from, int to) {
    long length = labels.length;
    for (int i = from; i < to; i++) {
      length += SeriesMessages.sampleLength(points.timeMillis(i), points.valueBits(i));
    }
    SeriesMessages.putHead(length, bytes);
    bytes.put(labels, 0, labels.length);
    for (int i = from; i < to; i++) {
      SeriesMessages.putSample(points.timeMillis(i), points.valueBits(i), bytes);
    }
    samples += to - from;
  }
}
