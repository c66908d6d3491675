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

  /** From how many series on a passage is of use to it; it need not be told of others. */
  default int leastPassage() {
    return Integer.MAX_VALUE;
  }

  /**
   * The next series are a passage: whatever can be shown of them follows from the family and the
   * bytes of an identity, and no other series of the family has the labels of one of them.
   *
   * @param identity its bytes are from 0 on, and are only lent
   * @return true if the sink needs none of them; otherwise they are handed over
   */
  default boolean passage(byte[] identity, int length) {
    return false;
  }

  /**
   * The passage that was needed was handed over.
   *
   * @param isWhole false if series of it were lost, or not all of them are {@link #stored}
   */
  default void endPassage(boolean isWhole) {}
}
