package io.silverback.codec.page;

/**
 * How the samples of a column that is not constant are written.
 *
 * <p>Layout: {@code docs/formats/column-page.md}.
 */
enum ColumnCode {
  /** Each value as its difference (XOR) to the one before. */
  XOR(0b00),
  /** Each number as what it is above the smallest. */
  OFFSET(0b01),
  /** Each step to the next number as what it is above the smallest step. */
  STEP(0b10),
  /** Each step to the next number, near 0 in either direction. */
  ZIGZAG(0b11);

  static final int BITS = 2;

  /** How many decimals the numbers have. */
  static final int DECIMALS_BITS = 4;

  private static final ColumnCode[] CODES = values();

  private final int number;

  ColumnCode(int number) {
    this.number = number;
  }

  /** The code that such bits of a page name. */
  static ColumnCode of(long number) {
    for (ColumnCode code : CODES) {
      if (code.number == number) {
        return code;
      }
    }
    throw new IllegalArgumentException("no such code: number=" + number);
  }

  int number() {
    return number;
  }
}
