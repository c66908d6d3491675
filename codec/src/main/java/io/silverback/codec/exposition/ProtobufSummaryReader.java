package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code Summary} messages; those between two clears are merged. Not thread-safe. */
final class ProtobufSummaryReader {
  private final ProtobufInput in;
  private final OpaqueCollector opaque;
  private final List<Metric.Quantile> quantiles = new ArrayList<>();
  private long count;
  private double sum;

  ProtobufSummaryReader(ProtobufInput in) {
    this.in = in;
    this.opaque = new OpaqueCollector(in);
  }

  void clear() {
    opaque.clear();
    quantiles.clear();
    count = 0;
    sum = 0;
  }

  void merge() {
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case SUMMARY_SAMPLE_COUNT -> count = in.integer();
        case SUMMARY_SAMPLE_SUM -> sum = in.number();
        case SUMMARY_QUANTILE -> quantiles.add(readQuantile());
        case SUMMARY_CREATED_TIMESTAMP -> opaque.keepTimestamp();
        default -> opaque.keepUnknown();
      }
    }
    in.leave(outer);
  }

  Metric.Summary build(Labels labels) {
    return new Metric.Summary(labels, count, sum, quantiles, opaque.take());
  }

  private Metric.Quantile readQuantile() {
    double quantile = 0;
    double value = 0;
    int outer = in.enter();
    while (in.next()) {
      switch (in.field()) {
        case QUANTILE_QUANTILE -> quantile = in.number();
        case QUANTILE_VALUE -> value = in.number();
        default -> in.skip();
      }
    }
    in.leave(outer);
    return new Metric.Quantile(quantile, value);
  }
}
