package io.silverback.server.storage;

import java.util.Arrays;

/**
 * Samples of one series, in the order of their times with the last one of each time alone.
 *
 * <p>Made to be filled again and again; not thread-safe.
 */
final class SampleList {
  private long[] timesMillis = new long[64];
  private double[] values = new double[64];
  private int size;
  private boolean sorted = true;

  void clear() {
    size = 0;
    sorted = true;
  }

  void add(long timeMillis, double value) {
    if (size > 0 && timeMillis == timesMillis[size - 1]) {
      values[size - 1] = value;
      return;
    }
    if (size == values.length) {
      timesMillis = Arrays.copyOf(timesMillis, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    sorted &= size == 0 || timeMillis > timesMillis[size - 1];
    timesMillis[size] = timeMillis;
    values[size] = value;
    size++;
  }

  /** Puts samples in order that came otherwise, as they do after a step of the clock. */
  void sort() {
    if (sorted) {
      return;
    }
    Integer[] order = new Integer[size];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (left, right) -> Long.compare(timesMillis[left], timesMillis[right]));
    long[] oldTimes = Arrays.copyOf(timesMillis, size);
    double[] oldValues = Arrays.copyOf(values, size);
    clear();
    for (int from : order) {
      add(oldTimes[from], oldValues[from]);
    }
  }

  int size() {
    return size;
  }

  /** The times, {@link #size} of them, good until the next change. */
  long[] timesMillis() {
    return timesMillis;
  }

  double[] values() {
    return values;
  }
}
