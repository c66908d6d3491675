package io.silverback.codec.gorilla;

import static io.silverback.codec.gorilla.TimestampCodec.*;

import io.silverback.codec.bits.BitWriter;

/**
 * Writes a stream of timestamps in milliseconds, each as its distance to the one before.
 *
 * <p>Takes any 64-bit numbers in any order; evenly spaced ones are short. The caller knows which
 * timestamp is the first of a stream. The bits go to whatever writer is handed in, so that other
 * things may stand between two timestamps. Allocates nothing; not thread-safe. Layout: {@code
 * docs/formats/gorilla-timestamps.md}.
 */
public final class TimestampWriter {
  private long previousMillis;
  private long previousDelta;

  /**
   * Starts a stream.
   *
   * @return false, with nothing written and nothing changed, if the writer is full
   */
  public boolean writeFirst(BitWriter out, long timeMillis) {
    if (!out.write(timeMillis, WHOLE_BITS)) {
      return false;
    }
    resume(timeMillis, 0);
    return true;
  }

  /**
   * Continues the stream.
   *
   * @return false, with nothing written and nothing changed, if the writer is full
   */
  public boolean writeNext(BitWriter out, long timeMillis) {
    long delta = timeMillis - previousMillis;
    if (!writeChange(out, delta - previousDelta)) {
      return false;
    }
    resume(timeMillis, delta);
    return true;
  }

  /** Goes on where another writer or reader of the same stream stands. */
  public void resume(long previousMillis, long previousDelta) {
    this.previousMillis = previousMillis;
    this.previousDelta = previousDelta;
  }

  public long previousMillis() {
    return previousMillis;
  }

  /** The last timestamp minus the one before; 0 after the first. */
  public long previousDelta() {
    return previousDelta;
  }

  private static boolean writeChange(BitWriter out, long change) {
    if (change == 0) {
      return out.write(0b0, 1);
    }
    if (fits(change, TINY_BITS)) {
      return out.writePrefixed(TINY_PREFIX, TINY_PREFIX_BITS, change, TINY_BITS);
    }
    if (fits(change, SMALL_BITS)) {
      return out.writePrefixed(SMALL_PREFIX, SMALL_PREFIX_BITS, change, SMALL_BITS);
    }
    if (fits(change, MEDIUM_BITS)) {
      return out.writePrefixed(MEDIUM_PREFIX, MEDIUM_PREFIX_BITS, change, MEDIUM_BITS);
    }
    if (fits(change, LARGE_BITS)) {
      return out.writePrefixed(LARGE_PREFIX, LARGE_PREFIX_BITS, change, LARGE_BITS);
    }
    return out.writePrefixed(WHOLE_PREFIX, WHOLE_PREFIX_BITS, change, WHOLE_BITS);
  }

  private static boolean fits(long change, int bits) {
    int unused = Long.SIZE - bits;
    return change << unused >> unused == change;
  }
}
