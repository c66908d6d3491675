package io.silverback.server.group;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.SeriesSink;
import io.silverback.codec.model.StoredSeries;
import io.silverback.server.group.rules.MetricRules;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All that a scrape shows under one name. What does not go with the rest is left out, and of
 * metrics with the same labels all but the first. Not thread-safe.
 */
final class GatheredFamily implements Family {
  private static final Comparator<Labels> ORDER = Labels.expositionOrder();

  private final MetricFamily own;
  private final @Nullable HeldFamily pushed;
  private final Omissions omissions;
  private boolean isReported;

  /**
   * A family of the server's own metrics and pushed ones.
   *
   * @param own gives name, type, help and unit; of its metrics those are left out that a pushed one
   *     has the labels of
   * @param pushed null without one
   * @param omissions told once of what is left out
   */
  GatheredFamily(MetricFamily own, @Nullable HeldFamily pushed, Omissions omissions) {
    this.own =
        own.withMetrics(
            own.metrics().stream().sorted(Comparator.comparing(Metric::labels, ORDER)).toList());
    this.pushed = pushed;
    this.omissions = omissions;
  }

  @Override
  public String name() {
    return own.name();
  }

  @Override
  public String help() {
    return own.help();
  }

  @Override
  public MetricType type() {
    return own.type();
  }

  @Override
  public String unit() {
    return own.unit();
  }

  /** True if there is anything to show. */
  boolean hasMetric() {
    return own.metrics().stream().anyMatch(this::isFaultless)
        || (pushed != null && pushed.hasMetric(type(), this::isFaultless));
  }

  private boolean isFaultless(Metric metric) {
    return MetricRules.fault(metric, type()) == null;
  }

  @Override
  public void forEachMetric(Consumer<? super Metric> consumer) {
    var shown = new Shown(consumer);
    var merged = new Merged(shown);
    if (pushed != null) {
      pushed.forEachMetric(type(), merged::add);
    }
    merged.finish();
    isReported = true;
  }

  @Override
  public void forEachSeries(SeriesSink sink) {
    if (pushed == null || !own.metrics().isEmpty()) {
      forEachMetric(sink::metric);
      return;
    }
    pushed.forEachSeries(type(), new ShownSeries(sink));
    isReported = true;
  }

  /** Leaves everything out, since the family does not go with others. */
  void leaveOut(String reason) {
    int[] count = new int[1];
    forEachMetric(_ -> count[0]++);
    if (count[0] > 0) {
      omissions.leaveOut(count[0], () -> reason);
    }
  }

  /** Puts the own metrics between the pushed ones. */
  private final class Merged {
    private final List<Metric> rest = own.metrics();
    private final Shown shown;
    private int next;

    private Merged(Shown shown) {
      this.shown = shown;
    }

    private void add(Metric metric) {
      while (next < rest.size() && ORDER.compare(rest.get(next).labels(), metric.labels()) < 0) {
        shown.add(rest.get(next++));
      }
      shown.add(metric);
    }

    private void finish() {
      rest.subList(next, rest.size()).forEach(shown::add);
    }
  }

  /** Passes on, of metrics in the order of an exposition, what can be shown. */
  private final class Shown {
    private final Consumer<? super Metric> consumer;
    private @Nullable Labels last;

    private Shown(Consumer<? super Metric> consumer) {
      this.consumer = consumer;
    }

    private void add(Metric metric) {
      String fault = MetricRules.fault(metric, type());
      if (fault == null && last != null && last.equals(metric.labels())) {
        fault = MetricRules.DUPLICATE;
      }
      if (fault == null) {
        last = metric.labels();
        consumer.accept(metric);
      } else {
        leaveOut(metric, fault);
      }
    }
  }

  private void leaveOut(Metric metric, String fault) {
    if (!isReported) {
      omissions.leaveOut(1, () -> MetricRules.message(name(), metric, fault));
    }
  }

  /** The same for series as they are stored, of which only those left out become metrics. */
  private final class ShownSeries implements SeriesSink {
    private final SeriesSink sink;
    private final Shown others;
    private byte @Nullable [] last;
    private boolean isPassageShown;

    private ShownSeries(SeriesSink sink) {
      this.sink = sink;
      this.others = new Shown(sink::metric);
    }

    @Override
    public int leastPassage() {
      return sink.leastPassage();
    }

    @Override
    public boolean passage(byte[] identity, int length) {
      last = null;
      isPassageShown = true;
      return sink.passage(identity, length);
    }

    /** What is left out has to be reported each time. */
    @Override
    public void endPassage(boolean isWhole) {
      sink.endPassage(isWhole && isPassageShown);
    }

    /** One that cannot have the labels of any that is handed over as it is stored. */
    @Override
    public void metric(Metric metric) {
      others.add(metric);
    }

    @Override
    public void stored(StoredSeries series) {
      byte[] labels = series.labelText();
      if (!MetricRules.fits(series.unlabelled(), type())) {
        leaveOut(series, MetricRules.isNotA(type()));
      } else if (last != null && Arrays.equals(last, labels)) {
        leaveOut(series, MetricRules.DUPLICATE);
      } else {
        last = labels;
        sink.stored(series);
      }
    }

    private void leaveOut(StoredSeries series, String fault) {
      isPassageShown = false;
      series.metric().ifPresent(metric -> GatheredFamily.this.leaveOut(metric, fault));
    }
  }
}
