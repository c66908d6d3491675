package io.silverback.codec.model;

/** The type of a metric family, in the order of the numbers that the protobuf format gives them. */
public enum MetricType {
  COUNTER,
  GAUGE,
  SUMMARY,
  UNTYPED,
  HISTOGRAM,
  GAUGE_HISTOGRAM;

  /**
   * True if a metric of the other type has the same parts, so that both may stand in one family.
   */
  public boolean sameShapeAs(MetricType other) {
    return this == other || (isHistogram() && other.isHistogram());
  }

  public boolean isHistogram() {
    return this == HISTOGRAM || this == GAUGE_HISTOGRAM;
  }
}
