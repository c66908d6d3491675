package io.silverback.server.storage;

import io.silverback.codec.model.Labels;
import java.io.IOException;

/** Takes the samples that a {@link HistoryQuery} asked for. May be slow, as its reader may be. */
@FunctionalInterface
public interface HistorySink {
  /**
   * One series, which comes but once and has at least one sample.
   *
   * @param labels grouping labels included
   * @param samples good until the return
   * @throws IOException if no more can be taken
   */
  void series(String name, Labels labels, Samples samples) throws IOException;
}
