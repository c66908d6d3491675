package io.silverback.server.storage.snapshot;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.codec.row.ShapeReader;
import io.silverback.server.storage.Utf8Order;
import io.silverback.server.storage.maps.GroupKeys;
import java.util.function.IntBinaryOperator;

/**
 * Compares stored series in place, without making strings of their labels: fewer labels first, then
 * the values in the order of the names, then the names. Of series with the same labels the one of
 * the smaller grouping key is first; within a group they are the same. Not thread-safe.
 */
final class SeriesComparison {
  private static final byte[] INSTANCE = "instance".getBytes(UTF_8);
  private static final byte[] NO_INSTANCE = {};

  private final GroupRows rows;
  private final LabelWalk left = new LabelWalk();
  private final LabelWalk right = new LabelWalk();
  private final IntBinaryOperator withKeys = this::compareLabels;
  private final IntBinaryOperator withoutKeys = this::compareOnlyLabels;

  SeriesComparison(GroupRows rows) {
    this.rows = rows;
  }

  /**
   * Compares two series.
   *
   * @param leftLabels where in its shape the labels of the one stand
   */
  int compare(
      int leftRow,
      ShapeReader leftShape,
      int leftLabels,
      int rightRow,
      ShapeReader rightShape,
      int rightLabels) {
    return compare(leftRow, leftShape, leftLabels, rightRow, rightShape, rightLabels, withKeys);
  }

  /** True if two series have the same labels, of which one has to be left out. */
  boolean haveSameLabels(
      int leftRow,
      ShapeReader leftShape,
      int leftLabels,
      int rightRow,
      ShapeReader rightShape,
      int rightLabels) {
    return compare(leftRow, leftShape, leftLabels, rightRow, rightShape, rightLabels, withoutKeys)
        == 0;
  }

  private int compare(
      int leftRow,
      ShapeReader leftShape,
      int leftLabels,
      int rightRow,
      ShapeReader rightShape,
      int rightLabels,
      IntBinaryOperator order) {
    return rows.readInt(
        () -> {
          leftShape.labels(leftLabels, left.own());
          rightShape.labels(rightLabels, right.own());
          return order.applyAsInt(leftRow, rightRow);
        });
  }

  /**
   * True if the keys of two groups have the same names, and any series of the one comes before a
   * series of the other that has the same labels besides.
   */
  boolean areKeysInOrder(int leftRow, int rightRow) {
    return rows.readInt(
            () -> {
              left.own().startEmpty();
              right.own().startEmpty();
              return compareOnlyLabels(leftRow, rightRow) < 0
                      && GroupKeys.haveSameNames(left.key(), right.key())
                  ? 1
                  : 0;
            })
        == 1;
  }

  /** Compares the push times of two groups in the same way. */
  int comparePushTimes(int leftRow, int rightRow) {
    return rows.readInt(
        () -> {
          startPushTime(leftRow, left);
          startPushTime(rightRow, right);
          return compareLabels(leftRow, rightRow);
        });
  }

  /** A series without an instance has an empty one. */
  private void startPushTime(int row, LabelWalk walk) {
    rows.key(row, walk.key());
    if (GroupKeys.hasName(walk.key(), INSTANCE)) {
      walk.own().startEmpty();
    } else {
      walk.own().start(INSTANCE, NO_INSTANCE);
    }
  }

  private int compareLabels(int leftRow, int rightRow) {
    int order = compareOnlyLabels(leftRow, rightRow);
    return order != 0 ? order : GroupKeys.compare(left.key(), right.key());
  }

  private int compareOnlyLabels(int leftRow, int rightRow) {
    int order =
        Integer.compare(
            rows.pairs(leftRow) + left.own().size(), rows.pairs(rightRow) + right.own().size());
    if (order != 0) {
      return order;
    }
    rows.key(leftRow, left.key());
    rows.key(rightRow, right.key());
    left.start();
    right.start();
    int names = 0;
    while (left.next() && right.next()) {
      order = Utf8Order.compare(left.value(), right.value());
      if (order != 0) {
        return order;
      }
      names = names != 0 ? names : Utf8Order.compare(left.name(), right.name());
    }
    return names;
  }
}
