package io.silverback.server.storage.snapshot;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.row.ExtrasCursor;
import io.silverback.codec.row.GroupFrameReader;
import io.silverback.codec.row.MetricLayout;
import java.util.Optional;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Makes metrics of what is in the frames of a snapshot, one at a time. Keeps a few grouping keys,
 * which are asked for again and again. Not thread-safe.
 */
final class MetricReader {
  private static final int KNOWN_KEYS = 512;
  private static final int LONGEST_KNOWN_KEY = 256;

  private final GroupRows rows;
  private final UnsafeBuffer frame = new UnsafeBuffer();
  private final int[] knownRows = new int[KNOWN_KEYS];
  private final @Nullable Labels[] knownKeys = new Labels[KNOWN_KEYS];

  MetricReader(GroupRows rows) {
    this.rows = rows;
  }

  /**
   * The metric at some place of a group; empty if the group is lost.
   *
   * @param own the labels that the grouping key does not give
   * @param metric the place among the metrics of the group
   * @param column the first one of the metric among those of the group
   * @param extra where in the frame the extra of the metric stands; 0 if it has none
   */
  Optional<Metric> read(
      int row, Labels own, MetricLayout layout, int metric, int column, int extra) {
    return labels(row, own).flatMap(labels -> readWith(labels, row, layout, metric, column, extra));
  }

  /** The labels of a series with those of its group; empty if that is lost. */
  Optional<Labels> labels(int row, Labels own) {
    Labels key = keyLabels(row);
    return key.isEmpty() ? Optional.empty() : Optional.of(own.with(key));
  }

  /** The same metric with labels that are given. */
  Optional<Metric> readWith(
      Labels labels, int row, MetricLayout layout, int metric, int column, int extra) {
    return rows.read(
        () -> {
          rows.frame(row, frame);
          if (frame.capacity() == 0) {
            return Optional.empty();
          }
          int offset = GroupFrameReader.wordsOffset(frame) + column * Long.BYTES;
          return Optional.of(
              extra == 0
                  ? layout.read(labels, frame, offset)
                  : ExtrasCursor.read(frame, extra, metric, layout).withLabels(labels));
        });
  }

  /** The labels of the grouping key; none if the group is lost. */
  private Labels keyLabels(int row) {
    int slot = row & (KNOWN_KEYS - 1);
    Labels known = knownRows[slot] == row ? knownKeys[slot] : null;
    if (known == null) {
      known = rows.keyLabels(row);
      if (rows.keyLength(row) <= LONGEST_KNOWN_KEY) {
        knownRows[slot] = row;
        knownKeys[slot] = known;
      }
    }
    return known;
  }
}
