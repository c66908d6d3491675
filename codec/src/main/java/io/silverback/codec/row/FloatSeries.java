package io.silverback.codec.row;

import io.silverback.codec.model.Labels;

/**
 * What one column is called where a metric is a bundle of float series, as it is for those who read
 * the text format.
 *
 * @param labels with those of the grouping key, and {@code quantile} or {@code le}
 */
public record FloatSeries(String name, Labels labels) {}
