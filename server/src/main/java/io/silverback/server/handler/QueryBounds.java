package io.silverback.server.handler;

import io.silverback.codec.model.Labels;
import io.silverback.server.storage.HistorySink;
import java.io.IOException;
import java.util.function.LongSupplier;

/** Passes series on as long as their samples and the time that they take are within the limits. */
final class QueryBounds implements HistorySink {
  private final HistorySink sink;
  private final DoorLimits limits;
  private final LongSupplier nanoTime;
  private final long startNanos;
  private long samples;

  /** A query that begins now. */
  QueryBounds(HistorySink sink, DoorLimits limits, LongSupplier nanoTime) {
    this.sink = sink;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
  }

  /** Ends a query between two series. */
  static final class StoppedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final OverLimitException over;

    private StoppedException(OverLimitException over) {
      super(over);
      this.over = over;
    }

    OverLimitException over() {
      return over;
    }
  }

  @Override
  public void series(String name, Labels labels, long[] timesMillis, double[] values, int count)
      throws IOException {
    samples += count;
    if (samples > limits.maxHistorySamples()) {
      throw new StoppedException(
          OverLimitException.tooMuch(
              DoorLimit.HISTORY_SAMPLES,
              "the query matches too many samples, ask for fewer series or less time, or raise"
                  + " --limits.max-history-samples: limit="
                  + limits.maxHistorySamples()));
    }
    if (nanoTime.getAsLong() - startNanos > limits.queryTimeout().toNanos()) {
      throw new StoppedException(
          OverLimitException.busy(
              DoorLimit.QUERY_TIMEOUT,
              "the query took too long, ask for fewer series or less time, or raise"
                  + " --limits.query-timeout: limit="
                  + limits.queryTimeout()));
    }
    sink.series(name, labels, timesMillis, values, count);
  }
}
