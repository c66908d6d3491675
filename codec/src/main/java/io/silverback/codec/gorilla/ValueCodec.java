package io.silverback.codec.gorilla;

/**
 * Values as the bits by which they differ (XOR) from the ones before.
 *
 * <p>Values are the raw bits of a double and never a double, so that every bit of a NaN survives.
 * Layout: {@code docs/formats/gorilla-values.md}. {@link ValueWriter} and {@link ValueReader} keep
 * what one stream has come to: the last value, and the <em>window</em>, which are the bits that the
 * last difference was given.
 */
public final class ValueCodec {
  /* Implementation notes
   *
   * The scheme is that of section 4.1.2 of [1], with the bits laid out as Prometheus does, so that
   * one reader does for both. What is left to the writer is when to give up a window that is wider
   * than needed. Keeping it costs the unneeded bits, a new one costs 11. [1] and Prometheus keep it
   * as long as the difference fits, so one wild value makes all that follow long; we give it up a
   * little before the 11 are lost, since a narrower window mostly serves more than one value.
   *
   * [1] T. Pelkonen et al.: Gorilla: A Fast, Scalable, In-Memory Time Series Database. VLDB 2015.
   */

  /** The window of a stream without a difference yet: no bit wide, so no difference fits. */
  public static final int EMPTY_WINDOW = 0;

  static final int FIRST_BITS = Long.SIZE;

  static final long SAME = 0b0;
  static final long IN_WINDOW = 0b10;
  static final long NEW_WINDOW = 0b11;
  static final int SAME_BITS = 1;
  static final int CONTROL_BITS = 2;

  static final int LEADING_BITS = 5;
  static final int LEADING_LIMIT = 0x1f;

  /** A width of 64 does not fit and stands as 0, which no difference has. */
  static final int WIDTH_BITS = 6;

  static final int WIDTH_MASK = 0x3f;
  static final int WINDOW_BITS = LEADING_BITS + WIDTH_BITS;

  /** How many bits a window may be wider than needed and is still kept. */
  static final int THRIFTY_WASTE = 8;

  /** The waste at which every window is kept that holds the difference. */
  static final int ANY_WASTE = Long.SIZE;

  private static final int PACKED_WIDTH_BITS = 7;
  private static final int PACKED_WIDTH_MASK = 0x7f;

  /** A window as one number, which fits 12 bits: what {@code resume} takes. */
  static int window(int leading, int width) {
    return leading << PACKED_WIDTH_BITS | width;
  }

  static int leading(int window) {
    return window >>> PACKED_WIDTH_BITS;
  }

  static int width(int window) {
    return window & PACKED_WIDTH_MASK;
  }

  /** Whether a writer or a reader can have come to that window; what is stored may be anything. */
  public static boolean isWindow(int window) {
    return window == EMPTY_WINDOW
        || (leading(window) <= LEADING_LIMIT
            && width(window) > 0
            && leading(window) + width(window) <= Long.SIZE);
  }

  /** Refuses a number that {@link #window} cannot have returned. */
  static int checkWindow(int window) {
    if (!isWindow(window)) {
      throw new IllegalArgumentException("not a window: window=" + window);
    }
    return window;
  }

  private ValueCodec() {}
}
