package io.silverback.codec.remotewrite;

import io.silverback.codec.model.FamilyMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Samples of series that are sent together, by whichever {@link WriteProtocol} the receiver knows.
 * Made to be cleared and filled again; not thread-safe.
 */
public final class WriteBatch {
  private static final int FIRST_SAMPLES = 256;

  /** What a sample takes in a message, at most. */
  private static final int SAMPLE_BYTES = 22;

  /** What the tags and lengths of a label take, at most; of a series, about the same. */
  private static final int HEAD_BYTES = 10;

  private final List<Series> series = new ArrayList<>();
  private long[] times = new long[FIRST_SAMPLES];
  private long[] values = new long[FIRST_SAMPLES];
  private int samples;
  private long bytes;

  /** Some samples of a series, in the order of time. */
  public interface Points {
    long timeMillis(int index);

    /** As NaNs differ in them. */
    long valueBits(int index);
  }

  /**
   * A series of the batch.
   *
   * @param labels names and values in turns
   * @param from the number of the first of its samples
   * @param to the one after the last
   */
  record Series(List<String> labels, FamilyMetadata family, int from, int to) {}

  public void clear() {
    series.clear();
    samples = 0;
    bytes = 0;
  }

  /** How many samples there are. */
  public int samples() {
    return samples;
  }

  /** How long a message of them is, at most, but for metadata. */
  public long mostBytes() {
    return bytes;
  }

  /**
   * Adds samples of a series.
   *
   * @param labels in the order of the bytes of their names, with no value empty
   * @param from the first of the points
   * @param to the one after the last
   */
  public void add(
      Map<String, String> labels, FamilyMetadata family, Points points, int from, int to) {
    var pairs = new ArrayList<String>(2 * labels.size());
    bytes += HEAD_BYTES;
    labels.forEach(
        (name, value) -> {
          pairs.add(name);
          pairs.add(value);
          bytes += HEAD_BYTES + utf8Length(name) + utf8Length(value);
        });
    int first = samples;
    reserve(to - from);
    for (int i = from; i < to; i++) {
      times[samples] = points.timeMillis(i);
      values[samples] = points.valueBits(i);
      samples++;
    }
    bytes += (long) SAMPLE_BYTES * (to - from);
    series.add(new Series(pairs, family, first, samples));
  }

  private void reserve(int more) {
    if (times.length < samples + more) {
      int capacity = Math.max(samples + more, 2 * times.length);
      times = Arrays.copyOf(times, capacity);
      values = Arrays.copyOf(values, capacity);
    }
  }

  /** Of a lone half of a surrogate pair too much. */
  private static int utf8Length(String text) {
    int length = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        length += c >= 0x800 && !Character.isSurrogate(c) ? 2 : 1;
      }
    }
    return length;
  }

  List<Series> series() {
    return series;
  }

  long timeMillis(int sample) {
    return times[sample];
  }

  long valueBits(int sample) {
    return values[sample];
  }
}
