package io.silverback.server.storage;

import io.silverback.codec.model.Labels;
import java.io.IOException;

/** Takes the samples that a {@link HistoryQuery} asked for. May be slow, as its reader may be. */
@FunctionalInterface
public interface HistorySink {
  /**
   * One series, which comes but once and has at least one sample.
   *
   * @param labels grouping labels included
   * @param timesMillis ascending, in milliseconds since the epoch; its first {@code count} elements
   *     count, and like the values they belong to the caller, who may change them after the call
   * @throws IOException if no more can be taken
   */
  void series(String name, Labels labels, long[] timesMillis, double[] values, int count)
      throws IOException;
}
