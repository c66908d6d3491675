package io.silverback.server.storage.pages;

import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Samples;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The samples of some series side by side, outside of the heap.
 *
 * <p>Made to be filled again and again; not thread-safe.
 */
public final class SampleTable implements AutoCloseable {
  /** A time and a value. */
  public static final int SAMPLE_LENGTH = 2 * Long.BYTES;

  private final QueryBuffer memory;
  private final QueryBuffer scratch;
  private UnsafeBuffer samples = new UnsafeBuffer();
  private int capacity;
  private int[] sizes = new int[0];
  private boolean[] disordered = new boolean[0];

  public SampleTable(QueryBudget budget) {
    this.memory = new QueryBuffer(budget);
    this.scratch = new QueryBuffer(budget);
  }

  /**
   * Forgets all samples.
   *
   * @param capacity how many samples a series has at most
   */
  public void start(int series, int capacity) throws IOException {
    this.samples = memory.atLeast((long) series * capacity * SAMPLE_LENGTH);
    this.capacity = capacity;
    this.sizes = new int[series];
    this.disordered = new boolean[series];
  }

  /** Adds a sample to the series of a number; it counts instead of one of the same time. */
  public void add(int series, long timeMillis, double value) {
    int size = sizes[series];
    long last = size == 0 ? Long.MIN_VALUE : samples.getLong(offset(series, size - 1));
    if (size == 0 || timeMillis != last) {
      if (size == capacity) {
        throw new IllegalStateException("a series has more samples than its pages: size=" + size);
      }
      disordered[series] |= size > 0 && timeMillis < last;
      sizes[series] = ++size;
      samples.putLong(offset(series, size - 1), timeMillis);
    }
    samples.putDouble(offset(series, size - 1) + Long.BYTES, value);
  }

  /** The samples of the series of a number, good until the next call. */
  public Samples of(int series) throws IOException {
    if (disordered[series]) {
      sort(offset(series, 0), sizes[series]);
      sizes[series] = withoutRepeats(offset(series, 0), sizes[series]);
      disordered[series] = false;
    }
    return new View(offset(series, 0), sizes[series]);
  }

  @Override
  public void close() {
    memory.close();
    scratch.close();
  }

  private final class View implements Samples {
    private final int first;
    private final int size;

    private View(int first, int size) {
      this.first = first;
      this.size = size;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public long timeMillis(int index) {
      return samples.getLong(first + index * SAMPLE_LENGTH);
    }

    @Override
    public double value(int index) {
      return samples.getDouble(first + index * SAMPLE_LENGTH + Long.BYTES);
    }
  }

  private int offset(int series, int index) {
    return (series * capacity + index) * SAMPLE_LENGTH;
  }

  /** Samples come in another order than their times after a step of the clock, or by a restore. */
  private void sort(int first, int size) throws IOException {
    UnsafeBuffer merged = scratch.atLeast((long) size * SAMPLE_LENGTH);
    for (int run = 1; run < size; run *= 2) {
      for (int start = 0; start < size; start += 2 * run) {
        int middle = Math.min(start + run, size);
        merge(first, start, middle, Math.min(middle + run, size), merged);
      }
      samples.putBytes(first, merged, 0, size * SAMPLE_LENGTH);
    }
  }

  /** Of two samples of one time, that of the left run comes first, as it came first. */
  private void merge(int first, int start, int middle, int end, UnsafeBuffer merged) {
    int left = start;
    int right = middle;
    for (int at = start; at < end; at++) {
      boolean takesLeft =
          left < middle && (right == end || time(first, left) <= time(first, right));
      int from = takesLeft ? left++ : right++;
      merged.putBytes(at * SAMPLE_LENGTH, samples, first + from * SAMPLE_LENGTH, SAMPLE_LENGTH);
    }
  }

  /** Leaves the last sample of each time; how many there are. */
  private int withoutRepeats(int first, int size) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      kept -= kept > 0 && time(first, i) == time(first, kept - 1) ? 1 : 0;
      samples.putBytes(
          first + kept * SAMPLE_LENGTH, samples, first + i * SAMPLE_LENGTH, SAMPLE_LENGTH);
      kept++;
    }
    return kept;
  }

  private long time(int first, int index) {
    return samples.getLong(first + index * SAMPLE_LENGTH);
  }
}
