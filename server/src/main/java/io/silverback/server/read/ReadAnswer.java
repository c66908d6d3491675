package io.silverback.server.read;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.remoteread.SeriesMessages;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Writes the series that the queries of one request found, query by query. */
public final class ReadAnswer {
  private static final int DRAINED_BYTES = 64 * 1024;

  private final List<HeldSeries> queries;
  private final QueryBudget budget;
  private final SeriesMessages messages = new SeriesMessages();
  private final ExpositionBuffer buffer = new ExpositionBuffer(2 * DRAINED_BYTES);

  /**
   * An answer of sorted series.
   *
   * @param budget asked between two series
   */
  public ReadAnswer(List<HeldSeries> queries, QueryBudget budget) {
    this.queries = List.copyOf(queries);
    this.budget = budget;
  }

  /** Writes frames of chunks, each of one series: Prometheus reads the first series of a frame. */
  public void writeFrames(OutputStream out) throws IOException {
    for (int query = 0; query < queries.size(); query++) {
      HeldSeries found = queries.get(query);
      for (int i = 0; i < found.size(); i++) {
        HeldSeries.Series series = found.record(i);
        messages.beginFrame(series.labels());
        series.readChunks(messages::addChunk);
        messages.endFrame(query, buffer);
        drainIfFull(out);
      }
    }
    buffer.drainTo(out);
  }

  /** The length of what {@link #writeResponse} writes. */
  public long responseLength() {
    return queries.stream()
        .mapToLong(found -> SeriesMessages.lengthAsField(resultLength(found)))
        .sum();
  }

  /** Writes a response with all samples, and a result for each query, also without a series. */
  public void writeResponse(OutputStream out) throws IOException {
    for (HeldSeries found : queries) {
      SeriesMessages.putHead(resultLength(found), buffer);
      for (int i = 0; i < found.size(); i++) {
        HeldSeries.Series series = found.record(i);
        SeriesMessages.putHead(seriesLength(series), buffer);
        byte[] labels = series.labels();
        buffer.put(labels, 0, labels.length);
        series.readSamples(
            (timeMillis, valueBits) -> SeriesMessages.putSample(timeMillis, valueBits, buffer));
        drainIfFull(out);
      }
    }
    buffer.drainTo(out);
  }

  private static long resultLength(HeldSeries found) {
    long length = 0;
    for (int i = 0; i < found.size(); i++) {
      length += SeriesMessages.lengthAsField(seriesLength(found.record(i)));
    }
    return length;
  }

  private static long seriesLength(HeldSeries.Series series) {
    return series.labelsLength() + series.samplesLength();
  }

  private void drainIfFull(OutputStream out) throws IOException {
    if (buffer.length() >= DRAINED_BYTES) {
      buffer.drainTo(out);
      budget.goOn();
    }
  }
}
