package io.silverback.codec.model;

/** Takes the series of a family one at a time, each in the form that costs least. */
public interface SeriesSink {
  void metric(Metric metric);

  void stored(StoredSeries series);
}
