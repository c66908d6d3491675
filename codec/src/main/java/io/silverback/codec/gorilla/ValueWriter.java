package io.silverback.codec.gorilla;

import static io.silverback.codec.gorilla.ValueCodec.*;

import io.silverback.codec.bits.BitWriter;

/**
 * Writes a stream of values, each as its difference to the one before.
 *
 * <p>Values are raw bits ({@link Double#doubleToRawLongBits}). The caller knows which value is the
 * first of a stream. One writer serves many streams side by side: {@link #resume} it with {@link
 * #previousBits} and {@link #window} of each. Allocates nothing; not thread-safe. Layout: {@code
 * docs/formats/gorilla-values.md}.
 */
public final class ValueWriter {
  private final int wasteLimit;
  private long previousBits;
  private int leading;
  private int width;

  public ValueWriter() {
    this(THRIFTY_WASTE);
  }

  /** A writer that gives up a window when more bits than this would be wasted. */
  ValueWriter(int wasteLimit) {
    this.wasteLimit = wasteLimit;
  }

  /**
   * Starts a stream.
   *
   * @return false, with nothing written and nothing changed, if the writer is full
   */
  public boolean writeFirst(BitWriter out, long valueBits) {
    if (!out.write(valueBits, FIRST_BITS)) {
      return false;
    }
    resume(valueBits, EMPTY_WINDOW);
    return true;
  }

  /**
   * Continues the stream.
   *
   * @return false, with nothing written and nothing changed, if the writer is full
   */
  public boolean writeNext(BitWriter out, long valueBits) {
    long difference = valueBits ^ previousBits;
    if (difference == 0) {
      return out.write(SAME, SAME_BITS);
    }
    boolean written =
        isKept(difference) ? writeInWindow(out, difference) : writeWithWindow(out, difference);
    if (written) {
      previousBits = valueBits;
    }
    return written;
  }

  /** Goes on where another writer or reader of the same stream stands. */
  public void resume(long previousBits, int window) {
    checkWindow(window);
    this.previousBits = previousBits;
    this.leading = leading(window);
    this.width = width(window);
  }

  public long previousBits() {
    return previousBits;
  }

  /** The window of the last difference as one number below 4096, for {@link #resume} only. */
  public int window() {
    return ValueCodec.window(leading, width);
  }

  /** Whether the difference fits the window and would not waste too much of it. */
  private boolean isKept(long difference) {
    int leadingSlack = leadingZeros(difference) - leading;
    int trailingSlack = Long.numberOfTrailingZeros(difference) - trailing();
    return leadingSlack >= 0 && trailingSlack >= 0 && leadingSlack + trailingSlack <= wasteLimit;
  }

  private boolean writeInWindow(BitWriter out, long difference) {
    return out.writePrefixed(IN_WINDOW, CONTROL_BITS, difference >>> trailing(), width);
  }

  private boolean writeWithWindow(BitWriter out, long difference) {
    int newLeading = leadingZeros(difference);
    int newTrailing = Long.numberOfTrailingZeros(difference);
    int newWidth = Long.SIZE - newLeading - newTrailing;
    long control =
        (NEW_WINDOW << LEADING_BITS | newLeading) << WIDTH_BITS | (newWidth & WIDTH_MASK);
    if (!out.writePrefixed(
        control, CONTROL_BITS + WINDOW_BITS, difference >>> newTrailing, newWidth)) {
      return false;
    }
    leading = newLeading;
    width = newWidth;
    return true;
  }

  private int trailing() {
    return Long.SIZE - leading - width;
  }

  private static int leadingZeros(long difference) {
    return Math.min(Long.numberOfLeadingZeros(difference), LEADING_LIMIT);
  }
}
