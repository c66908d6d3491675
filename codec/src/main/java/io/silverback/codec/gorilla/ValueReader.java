package io.silverback.codec.gorilla;

import static io.silverback.codec.gorilla.ValueCodec.*;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.CorruptBitsException;

/**
 * Reads what a {@link ValueWriter} wrote: the raw bits of doubles.
 *
 * <p>The caller knows which value is the first of a stream and how many there are. Bits that end
 * too early or name an impossible window throw {@link CorruptBitsException}; any others are some
 * value. One reader serves many streams side by side, as the writer does. Allocates nothing else;
 * not thread-safe. Layout: {@code docs/formats/gorilla-values.md}.
 */
public final class ValueReader {
  private long previousBits;
  private int leading;
  private int width;

  /** Starts a stream. */
  public long readFirst(BitReader in) {
    resume(in.read(FIRST_BITS), EMPTY_WINDOW);
    return previousBits;
  }

  /** The value after the one read last. */
  public long readNext(BitReader in) {
    switch (in.readOnes(CONTROL_BITS)) {
      case 0 -> {}
      case 1 -> readInWindow(in);
      default -> readWithWindow(in);
    }
    return previousBits;
  }

  /** Goes on where another reader or writer of the same stream stands. */
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

  private void readInWindow(BitReader in) {
    if (width == 0) {
      throw new CorruptBitsException("no window before its first use: position=" + in.position());
    }
    previousBits ^= in.read(width) << (Long.SIZE - leading - width);
  }

  private void readWithWindow(BitReader in) {
    int window = (int) in.read(WINDOW_BITS);
    int newLeading = window >>> WIDTH_BITS;
    int newWidth = (window & WIDTH_MASK) == 0 ? Long.SIZE : window & WIDTH_MASK;
    if (newLeading + newWidth > Long.SIZE) {
      throw new CorruptBitsException(
          "window wider than a value: position="
              + in.position()
              + " leading="
              + newLeading
              + " width="
              + newWidth);
    }
    previousBits ^= in.read(newWidth) << (Long.SIZE - newLeading - newWidth);
    leading = newLeading;
    width = newWidth;
  }
}
