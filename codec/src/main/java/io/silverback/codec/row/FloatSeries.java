package io.silverback.codec.row;

import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.model.Labels;

/**
 * What one column is called where a metric is a bundle of float series, as it is for whoever reads
 * the text format.
 *
 * @param labels with those of the grouping key, and {@code quantile} or {@code le}
 * @param isCount whether the words of the column are unsigned numbers, not the bits of doubles
 */
public record FloatSeries(String name, Labels labels, boolean isCount) {

  /** The number that a word of the column says. */
  public double value(long word) {
    return isCount ? GoNumbers.toDouble(word) : Double.longBitsToDouble(word);
  }
}
