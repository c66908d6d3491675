package io.silverback.codec.exposition;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A family of which not all lines are read yet. Not thread-safe. */
final class FamilyBuilder {
  private final String name;
  private String help = "";
  private @Nullable MetricType type;
  private final List<MetricBuilder> metrics = new ArrayList<>();

  /** The metrics that more than one line tells about; used by summaries and histograms only. */
  private final Map<Labels, MetricBuilder> byLabels = new HashMap<>();

  FamilyBuilder(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  boolean hasHelp() {
    return !help.isEmpty();
  }

  void help(String text) {
    help = text;
  }

  Optional<MetricType> type() {
    return Optional.ofNullable(type);
  }

  void type(MetricType newType) {
    type = newType;
  }

  /** The type, which is fixed now if no TYPE line gave one. */
  MetricType typeOfSamples() {
    if (type == null) {
      type = MetricType.UNTYPED;
    }
    return type;
  }

  void add(MetricBuilder.Single sample) {
    metrics.add(sample);
  }

  MetricBuilder.Summary summary(Labels labels) {
    if (metric(labels, MetricBuilder.Summary::new) instanceof MetricBuilder.Summary summary) {
      return summary;
    }
    throw new IllegalStateException("lines of a summary came before its type: name=" + name);
  }

  MetricBuilder.Histogram histogram(Labels labels) {
    if (metric(labels, MetricBuilder.Histogram::new) instanceof MetricBuilder.Histogram histogram) {
      return histogram;
    }
    throw new IllegalStateException("lines of a histogram came before its type: name=" + name);
  }

  /** Looks once only, since what a client makes collide takes a while to find. */
  private MetricBuilder metric(Labels labels, Function<Labels, MetricBuilder> made) {
    MetricBuilder metric = byLabels.computeIfAbsent(labels, made);
    if (byLabels.size() > metrics.size()) {
      metrics.add(metric);
    }
    return metric;
  }

  /** The family, or nothing if no sample was read. */
  Optional<MetricFamily> build() {
    if (metrics.isEmpty()) {
      return Optional.empty();
    }
    var built = new ArrayList<Metric>(metrics.size());
    for (MetricBuilder metric : metrics) {
      built.add(metric.build());
    }
    return Optional.of(new MetricFamily(name, help, typeOfSamples(), built));
  }
}
