package io.silverback.server.limits;

import io.helidon.webserver.CloseConnectionException;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.DeadlineException;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Lets a query go on as long as its samples, its memory and its time are within the limits. */
public final class QueryBounds implements QueryBudget {
  private final LimitedMemory.Lease memory;
  private final RequestLimits limits;
  private final LongSupplier nanoTime;
  private final long startNanos;
  private long samples;

  /** A query that begins now; the caller closes what it has leased. */
  public QueryBounds(LimitedMemory.Lease memory, RequestLimits limits, LongSupplier nanoTime) {
    this.memory = memory;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
  }

  /** Those of another query that begins now, which share only the memory. */
  public QueryBounds anew() {
    return new QueryBounds(memory, limits, nanoTime);
  }

  /** Ends a query where it is. */
  public static final class StoppedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final OverLimitException over;

    private StoppedException(OverLimitException over) {
      super(over);
      this.over = over;
    }

    public OverLimitException over() {
      return over;
    }
  }

  /**
   * Does the query or a part of it, which may not take longer than what is left of its time, nor go
   * on without its client.
   */
  public void during(BooleanSupplier isAbandoned, Deadline.Work<IOException> work)
      throws IOException {
    long taken = nanoTime.getAsLong() - startNanos;
    var deadline = Deadline.of(limits.queryTimeout().minusNanos(taken), nanoTime, isAbandoned);
    deadline.begin();
    try {
      deadline.during(work);
    } catch (DeadlineException e) {
      switch (e.reason()) {
        case TIME -> throw new StoppedException(tookTooLong(limits));
        case ABANDONED -> throw new CloseConnectionException("the client went away", e);
      }
    }
  }

  public static OverLimitException tookTooLong(RequestLimits limits) {
    return OverLimitException.busy(
        RequestLimit.QUERY_TIMEOUT,
        "the query took too long, ask for fewer series or less time, or raise"
            + " --limits.query-timeout: limit="
            + limits.queryTimeout());
  }

  @Override
  public long mostBytes() {
    return limits.maxQueryMemoryBytes();
  }

  @Override
  public void take(long bytes) throws IOException {
    try {
      memory.take(bytes);
    } catch (OverLimitException over) {
      throw new StoppedException(over);
    }
  }

  @Override
  public void goOn() throws IOException {
    if (nanoTime.getAsLong() - startNanos > limits.queryTimeout().toNanos()) {
      throw new StoppedException(tookTooLong(limits));
    }
  }

  /** The same sink for as many samples as all sinks of the query may get. */
  public HistorySink bounded(HistorySink sink) {
    return (name, labels, found) -> {
      count(found.size());
      goOn();
      sink.series(name, labels, found);
    };
  }

  private void count(int more) throws StoppedException {
    samples += more;
    if (samples > limits.maxHistorySamples()) {
      throw new StoppedException(
          OverLimitException.tooMuch(
              RequestLimit.HISTORY_SAMPLES,
              "the query matches too many samples, ask for fewer series or less time, or raise"
                  + " --limits.max-history-samples: limit="
                  + limits.maxHistorySamples()));
    }
  }
}
