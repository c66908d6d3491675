package io.silverback.server.read;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Samples;
import java.io.IOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Consumer;

/**
 * The newest sample of each series that has not ended, as a Prometheus shows it to another one: in
 * the order of the names, of no type, and with its time. Belongs to one thread.
 */
public final class NewestSamples implements HistorySink, AutoCloseable {
  /** Prometheus says of each series which instance it is of, and that it is of none. */
  private static final String INSTANCE = "instance";

  private final HeldSeries held;

  /**
   * Has no series yet.
   *
   * @param budget of what is held
   * @param externalLabels labels that each series gets that does not have them
   */
  public NewestSamples(QueryBudget budget, Labels externalLabels) {
    this.held = new HeldSeries(budget, externalLabels);
  }

  @Override
  public void series(String name, Labels labels, Samples samples) throws IOException {
    int last = samples.size() - 1;
    if (!HistoryQuery.isStale(samples.value(last))) {
      held.addByName(name, labels, new One(samples.timeMillis(last), samples.value(last)));
    }
  }

  private record One(long timeMillis, double value) implements Samples {
    @Override
    public int size() {
      return 1;
    }

    @Override
    public long timeMillis(int index) {
      return timeMillis;
    }

    @Override
    public double value(int index) {
      return value;
    }
  }

  /** All families, once all series are here. */
  public Iterator<Family> families() throws IOException {
    held.sort();
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < held.size();
      }

      @Override
      public Family next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        int first = next;
        String name = nameOf(first);
        while (hasNext() && nameOf(next).equals(name)) {
          next++;
        }
        return new Untyped(name, held, first, next);
      }

      private String nameOf(int number) {
        return held.record(number).firstValue();
      }
    };
  }

  @Override
  public void close() {
    held.close();
  }

  /** The series of one name. */
  private record Untyped(String name, HeldSeries held, int first, int end) implements Family {
    @Override
    public String help() {
      return "";
    }

    @Override
    public MetricType type() {
      return MetricType.UNTYPED;
    }

    @Override
    public String unit() {
      return "";
    }

    @Override
    public void forEachMetric(Consumer<? super Metric> consumer) {
      for (int i = first; i < end; i++) {
        HeldSeries.Series series = held.record(i);
        var labels = new Labels.Builder();
        held.labels(i).stream().skip(1).forEach(pair -> labels.add(pair.getKey(), pair.getValue()));
        if (!labels.has(INSTANCE)) {
          labels.add(INSTANCE, "");
        }
        Labels shown = labels.build();
        Metric[] newest = new Metric[1];
        series.readSamples(
            (timeMillis, bits) ->
                newest[0] = new Metric.Untyped(shown, Double.longBitsToDouble(bits), timeMillis));
        consumer.accept(newest[0]);
      }
    }
  }
}
