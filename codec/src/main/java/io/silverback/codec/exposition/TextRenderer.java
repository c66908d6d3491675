package io.silverback.codec.exposition;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.Metric.Quantile;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.SeriesSink;
import io.silverback.codec.model.StoredSeries;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes the Prometheus text format, version 0.0.4. Stateless and safe to share between threads.
 *
 * <p>Names that are not legacy names are quoted, the name of the metric then stands inside the
 * braces. Native buckets and units have no place in this format. A metric that does not fit the
 * family's type or has no value cannot be shown and is left out, and a family without a name or
 * without any other metrics as a whole; callers that need to know have checked before.
 */
public final class TextRenderer implements ExpositionRenderer {

  @Override
  public void render(Family family, ExpositionBuffer out) {
    if (!family.name().isEmpty()) {
      var lines = new Lines(family, out);
      family.forEachSeries(lines);
    }
  }

  private static boolean fits(Metric metric, MetricType type) {
    return switch (metric) {
      case Metric.Counter _ -> type == MetricType.COUNTER;
      case Metric.Gauge _ -> type == MetricType.GAUGE;
      case Metric.Untyped _ -> type == MetricType.UNTYPED;
      case Metric.Summary _ -> type == MetricType.SUMMARY;
      case Metric.Histogram _ -> type.isHistogram();
      case Metric.Valueless _ -> false;
    };
  }

  private static void renderHeader(Family family, ExpositionBuffer out) {
    if (!family.help().isEmpty()) {
      out.put("# HELP ");
      putName(family.name(), out);
      out.put(' ');
      putEscaped(family.help(), false, out);
      out.put('\n');
    }
    out.put("# TYPE ");
    putName(family.name(), out);
    out.put(
        switch (family.type()) {
          case COUNTER -> " counter\n";
          case GAUGE -> " gauge\n";
          case SUMMARY -> " summary\n";
          case UNTYPED -> " untyped\n";
          // upstream: this format has no word of its own for a gauge histogram.
          case HISTOGRAM, GAUGE_HISTOGRAM -> " histogram\n";
        });
  }

  private static void putName(String name, ExpositionBuffer out) {
    if (NameValidation.LEGACY.isMetricName(name)) {
      out.put(name);
    } else {
      putQuoted(name, out);
    }
  }

  private static void putLabelName(String name, ExpositionBuffer out) {
    // Upstream leaves a colon in a label name without quotes; then no parser takes the page.
    if (NameValidation.LEGACY.isLabelName(name)) {
      out.put(name);
    } else {
      putQuoted(name, out);
    }
  }

  private static void putQuoted(String name, ExpositionBuffer out) {
    out.put('"');
    putEscaped(name, true, out);
    out.put('"');
  }

  private static void putEscaped(String text, boolean quotes, ExpositionBuffer out) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    putEscaped(utf8, utf8.length, quotes, out);
  }

  /** Writes the first bytes of a text in UTF-8. */
  static void putEscaped(byte[] utf8, int length, boolean quotes, ExpositionBuffer out) {
    int from = 0;
    for (int i = 0; i < length; i++) {
      byte c = utf8[i];
      if (c == '\\' || c == '\n' || (c == '"' && quotes)) {
        out.put(utf8, from, i - from);
        out.put('\\');
        out.put(c == '\n' ? 'n' : c);
        from = i + 1;
      }
    }
    out.put(utf8, from, length - from);
  }

  /** The lines of one family: its head before the first metric that fits, then samples. */
  private static final class Lines implements SeriesSink {
    private static final byte[] NO_LABELS = {};

    private final Family family;
    private final String name;
    private final boolean quoted;
    private final byte[] plainName;
    private final ExpositionBuffer out;
    private final ExpositionBuffer passage = new ExpositionBuffer(256);
    private boolean hasHeader;

    /** The labels of the current metric, without braces. */
    private byte[] labels = NO_LABELS;

    private final ExpositionBuffer labelBuffer = new ExpositionBuffer(256);

    private Lines(Family family, ExpositionBuffer out) {
      this.family = family;
      this.name = family.name();
      this.quoted = !NameValidation.LEGACY.isMetricName(name);
      this.plainName = name.getBytes(StandardCharsets.UTF_8);
      this.out = out;
    }

    @Override
    public void metric(Metric metric) {
      if (fits(metric, family.type())) {
        labels = textOf(metric.labels());
        render(metric);
      }
    }

    @Override
    public void stored(StoredSeries series) {
      Metric metric = series.unlabelled();
      if (fits(metric, family.type())) {
        labels = series.labelText();
        render(metric);
      }
    }

    @Override
    public int leastPassage() {
      return out.leastPassage();
    }

    @Override
    public boolean passage(byte[] identity, int length) {
      passage.clear();
      passage.put(hasHeader ? 1 : 0);
      putText(name);
      putText(family.type().name());
      putText(hasHeader ? "" : family.help());
      passage.put(identity, 0, length);
      boolean isRepeated = out.repeat(passage);
      hasHeader |= isRepeated;
      return isRepeated;
    }

    private void putText(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      passage.putVarint(utf8.length);
      passage.put(utf8, 0, utf8.length);
    }

    @Override
    public void endPassage(boolean isWhole) {
      out.endPassage(isWhole && hasHeader);
    }

    private byte[] textOf(Labels pairs) {
      if (pairs.isEmpty()) {
        return NO_LABELS;
      }
      labelBuffer.clear();
      for (int i = 0; i < pairs.size(); i++) {
        if (i > 0) {
          labelBuffer.put(',');
        }
        putLabelName(pairs.name(i), labelBuffer);
        labelBuffer.put("=\"");
        putEscaped(pairs.value(i), true, labelBuffer);
        labelBuffer.put('"');
      }
      return labelBuffer.toByteArray();
    }

    private void render(Metric metric) {
      if (!hasHeader) {
        renderHeader(family, out);
        hasHeader = true;
      }
      switch (metric) {
        case Metric.Counter counter -> putSample("", counter.value());
        case Metric.Gauge gauge -> putSample("", gauge.value());
        case Metric.Untyped untyped -> putSample(untyped.value(), untyped.timeMillis());
        case Metric.Summary summary -> render(summary);
        case Metric.Histogram histogram -> render(histogram);
        case Metric.Valueless _ -> {}
      }
      out.commit(labels);
    }

    private void render(Metric.Summary summary) {
      for (Quantile quantile : summary.quantiles()) {
        putSample("", "quantile", quantile.quantile(), quantile.value());
      }
      putSample("_sum", summary.sum());
      putSample("_count", GoNumbers.toDouble(summary.count()));
    }

    private void render(Metric.Histogram histogram) {
      double count = count(histogram.countFloat(), histogram.count());
      for (Bucket bucket : histogram.buckets()) {
        double population = count(bucket.cumulativeCountFloat(), bucket.cumulativeCount());
        putSample("_bucket", "le", bucket.upperBound(), population);
      }
      if (!hasLastBucket(histogram.buckets())) {
        putSample("_bucket", "le", Double.POSITIVE_INFINITY, count);
      }
      putSample("_sum", histogram.sum());
      putSample("_count", count);
    }

    private static boolean hasLastBucket(List<Bucket> buckets) {
      for (Bucket bucket : buckets) {
        if (bucket.upperBound() == Double.POSITIVE_INFINITY) {
          return true;
        }
      }
      return false;
    }

    private static double count(double fractional, long whole) {
      return fractional != 0 ? fractional : GoNumbers.toDouble(whole);
    }

    private void putSample(String suffix, double value) {
      boolean braces = putNameAndLabels(suffix);
      endLine(braces, value);
    }

    private void putSample(String suffix, String boundLabel, double bound, double value) {
      out.put(putNameAndLabels(suffix) ? ',' : '{');
      out.put(boundLabel);
      out.put("=\"");
      GoNumbers.write(bound, out);
      out.put('"');
      endLine(true, value);
    }

    private void putSample(double value, long timeMillis) {
      putValue(putNameAndLabels(""), value);
      if (timeMillis != 0) {
        out.put(' ');
        out.put(Long.toString(timeMillis));
      }
      out.put('\n');
    }

    private void endLine(boolean braces, double value) {
      putValue(braces, value);
      out.put('\n');
    }

    private void putValue(boolean braces, double value) {
      if (braces) {
        out.put('}');
      }
      out.put(' ');
      GoNumbers.write(value, out);
    }

    /** True if a brace was opened. */
    private boolean putNameAndLabels(String suffix) {
      if (quoted) {
        out.put('{');
        putName(name + suffix, out);
      } else {
        out.put(plainName, 0, plainName.length);
        out.put(suffix);
      }
      if (labels.length > 0) {
        out.put(quoted ? ',' : '{');
        out.put(labels, 0, labels.length);
      }
      return quoted || labels.length > 0;
    }
  }
}
