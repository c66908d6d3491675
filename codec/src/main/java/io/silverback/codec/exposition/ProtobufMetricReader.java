package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;

/**
 * Reads the {@code Metric} messages of one family. Not thread-safe.
 *
 * <p>A message field that comes twice is merged, as protobuf asks for: the last number counts and
 * lists are joined.
 */
final class ProtobufMetricReader {
  private final ProtobufInput in;
  private final int wantedField;
  private final Labels.Builder labels = new Labels.Builder();
  private final ProtobufSummaryReader summary;
  private final ProtobufHistogramReader histogram;
  private final OpaqueCollector counterOpaque;
  private double counter;
  private double gauge;
  private double untyped;

  /** One bit for each value field that the current metric has, at the field's number. */
  private int present;

  private boolean sawTimestamp;

  /** A reader that prefers the value which the type of the family asks for. */
  ProtobufMetricReader(ProtobufInput in, MetricType type) {
    this.in = in;
    this.summary = new ProtobufSummaryReader(in);
    this.histogram = new ProtobufHistogramReader(in);
    this.counterOpaque = new OpaqueCollector(in);
    this.wantedField =
        switch (type) {
          case COUNTER -> METRIC_COUNTER;
          case GAUGE -> METRIC_GAUGE;
          case SUMMARY -> METRIC_SUMMARY;
          case UNTYPED -> METRIC_UNTYPED;
          case HISTOGRAM, GAUGE_HISTOGRAM -> METRIC_HISTOGRAM;
        };
  }

  /** True if any metric so far had a timestamp, be it 0. */
  boolean sawTimestamp() {
    return sawTimestamp;
  }

  /** Reads the metric that is the current field. */
  Metric read() {
    clear();
    int outer = in.enter();
    while (in.next()) {
      int field = in.field();
      switch (field) {
        case METRIC_LABEL -> readLabel();
        case METRIC_GAUGE -> gauge = readValue(GAUGE_VALUE, gauge);
        case METRIC_COUNTER -> readCounter();
        case METRIC_SUMMARY -> summary.merge();
        case METRIC_UNTYPED -> untyped = readValue(UNTYPED_VALUE, untyped);
        case METRIC_HISTOGRAM -> histogram.merge();
        case METRIC_TIMESTAMP_MS -> readTimestamp();
        default -> in.skip();
      }
      present |= valueBit(field);
    }
    in.leave(outer);
    return metric();
  }

  private static int valueBit(int field) {
    return switch (field) {
      case METRIC_GAUGE, METRIC_COUNTER, METRIC_SUMMARY, METRIC_UNTYPED, METRIC_HISTOGRAM ->
          1 << field;
      default -> 0;
    };
  }

  private void clear() {
    labels.clear();
    counterOpaque.clear();
    summary.clear();
    histogram.clear();
    counter = 0;
    gauge = 0;
    untyped = 0;
    present = 0;
  }

  private Metric metric() {
    Labels builtLabels = labels.build();
    boolean fits = (present & valueBit(wantedField)) != 0;
    return switch (fits ? wantedField : Integer.numberOfTrailingZeros(present)) {
      case METRIC_GAUGE -> new Metric.Gauge(builtLabels, gauge);
      case METRIC_COUNTER -> new Metric.Counter(builtLabels, counter, counterOpaque.take());
      case METRIC_SUMMARY -> summary.build(builtLabels);
      case METRIC_UNTYPED -> new Metric.Untyped(builtLabels, untyped);
      case METRIC_HISTOGRAM -> histogram.build(builtLabels);
      default -> new Metric.Valueless(builtLabels);
    };
  }

  private void readLabel() {
    String name = "";
    String value = "";
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case LABEL_NAME -> name = in.text("label name");
        case LABEL_VALUE -> value = in.text("label value");
        default -> in.skip();
      }
    }
    in.leave(outer);
    labels.add(name, value);
  }

  private void readTimestamp() {
    in.integer();
    sawTimestamp = true;
  }

  private double readValue(int valueField, double before) {
    double value = before;
    int outer = in.enter();
    while (in.next()) {
      if (in.field() == valueField) {
        value = in.number();
      } else {
        in.skip();
      }
    }
    in.leave(outer);
    return value;
  }

  private void readCounter() {
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case COUNTER_VALUE -> counter = in.number();
        case COUNTER_EXEMPLAR -> counterOpaque.keepExemplar();
        case COUNTER_CREATED_TIMESTAMP -> counterOpaque.keepTimestamp();
        default -> counterOpaque.keepUnknown();
      }
    }
    in.leave(outer);
  }
}
