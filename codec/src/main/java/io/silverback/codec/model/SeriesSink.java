package io.silverback.codec.model;

/**
 * Takes the series of a family one at a time and in their order, each in the form that costs least.
 * Called by one thread; what it throws ends the walk.
 */
public interface SeriesSink {
  /** The next series, which the sink may keep. */
  void metric(Metric metric);

  /** The next series, which is good until this returns. */
  void stored(StoredSeries series);
}
