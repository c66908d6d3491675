package io.silverback.server.storage;

import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.model.Labels;
import java.io.IOException;

/**
 * Takes the samples that a {@link HistoryQuery} asked for, in an order that all members of a
 * cluster share: by slots, in a slot by the encoded keys of the groups, in a group by the names of
 * families, then by those of the series, then by labels. May be slow, as its reader may be.
 */
public interface OrderedHistorySink {
  /** One that leaves the order to the reader. */
  static OrderedHistorySink of(HistorySink sink) {
    return new OrderedHistorySink() {
      @Override
      public void group(byte[] key) {}

      @Override
      public void series(String family, String name, Labels labels, Samples samples)
          throws IOException {
        sink.series(name, labels, samples);
      }
    };
  }

  /**
   * The series that follow are of this group; there may be none.
   *
   * @param key encoded
   */
  void group(byte[] key);

  /** The series that follow are of this family of the group; for a sink that has a use for it. */
  default void family(FamilyMetadata family) {}

  /**
   * One series of the group, which has at least one sample.
   *
   * @param family empty for the times of pushes
   * @param labels grouping labels included
   * @param samples good until the return
   * @throws IOException if no more can be taken
   */
  void series(String family, String name, Labels labels, Samples samples) throws IOException;
}
