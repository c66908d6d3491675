package io.silverback.codec.page;

/**
 * The rows that were pushed to one group over time, one after the other as they came.
 *
 * <p>A row is one push: a time and the values of the columns that were in it. Layout: {@code
 * docs/formats/row-page.md}. {@link RowPageWriter} appends to a page in place and {@link
 * RowPageReader} walks through it; both need the {@link RowPageCursor} that is kept beside it. A
 * page that is full is sealed into a {@link ColumnPage}.
 */
public final class RowPage {
  /* Implementation notes
   *
   * A row ends with a whole byte. That costs half a byte a row, and buys that a checksum covers all
   * that was written and nothing that was not: a process killed in the middle of an append leaves the
   * rows before as they were.
   *
   * What a column had last is not stored, since it is the current state of the group, which every
   * push has at hand. What the first row of a page differs from is 0 for each column, so that a page
   * can be read by itself; that a column has no window yet says that this is still so.
   */

  /** How many columns a page can have; a wider group has several pages side by side. */
  public static final int MAX_COLUMNS = 2048;

  /** How many rows a page can have. */
  public static final int MAX_ROWS = 240;

  static final long FULL_ROW = 0;
  static final long PARTIAL_ROW = 1;

  /** A run of columns that are as they were; a column that changed begins with a one. */
  static final long UNCHANGED = 0;

  private RowPage() {}
}
