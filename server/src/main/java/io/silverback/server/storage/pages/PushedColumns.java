package io.silverback.server.storage.pages;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.page.ColumnRanges;
import io.silverback.codec.page.RowPage;
import io.silverback.codec.row.FamilyShape;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.ShapeReader;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Which columns of a group a push wrote: ranges in ascending order. */
public final class PushedColumns {
  private final ColumnRanges ranges = new ColumnRanges();
  private final int[] bounds;

  private PushedColumns(int... bounds) {
    this.bounds = bounds;
  }

  public static PushedColumns all(int columns) {
    return columns == 0 ? new PushedColumns() : new PushedColumns(0, columns);
  }

  /**
   * The columns of some families.
   *
   * @param isPushed says of a family, by its number in the shape, whether the push wrote it
   */
  public static PushedColumns of(GroupShape shape, IntPredicate isPushed) {
    var bounds = IntStream.builder();
    for (int i = 0; i < shape.families().size(); i++) {
      FamilyShape family = shape.families().get(i);
      if (family.columnCount() > 0 && isPushed.test(i)) {
        bounds.add(family.firstColumn());
        bounds.add(family.firstColumn() + family.columnCount());
      }
    }
    return new PushedColumns(bounds.build().toArray());
  }

  /**
   * The same of an encoded shape, before its first family.
   *
   * @param count how many families it is said to have
   * @throws CorruptFrameException if it has not
   */
  public static PushedColumns of(ShapeReader shape, int count, IntPredicate isPushed) {
    var bounds = IntStream.builder();
    int families = 0;
    while (shape.nextFamily()) {
      if (shape.columnCount() > 0 && families < count && isPushed.test(families)) {
        bounds.add(shape.firstColumn());
        bounds.add(shape.firstColumn() + shape.columnCount());
      }
      families++;
    }
    if (families != count) {
      throw new CorruptFrameException("not of the shape: families=" + families + " count=" + count);
    }
    return new PushedColumns(bounds.build().toArray());
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** Those that are in a block, counted from its first column; good until the next call. */
  ColumnRanges in(int block) {
    int first = block * RowPage.MAX_COLUMNS;
    ranges.clear();
    for (int i = 0; i < bounds.length; i += 2) {
      int start = Math.max(bounds[i] - first, 0);
      int end = Math.min(bounds[i + 1] - first, RowPage.MAX_COLUMNS);
      if (start < end) {
        ranges.add(start, end);
      }
    }
    return ranges;
  }
}
