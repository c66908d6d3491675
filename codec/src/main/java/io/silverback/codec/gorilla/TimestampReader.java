package io.silverback.codec.gorilla;

import static io.silverback.codec.gorilla.TimestampCodec.*;

import io.silverback.codec.bits.BitReader;

/**
 * Reads what a {@link TimestampWriter} wrote: timestamps in milliseconds.
 *
 * <p>The caller knows which timestamp is the first of a stream and how many there are. Bits that
 * end too early throw {@link io.silverback.codec.bits.CorruptBitsException}; any others are some
 * timestamp. Allocates nothing else; not thread-safe. Layout: {@code
 * docs/formats/gorilla-timestamps.md}.
 */
public final class TimestampReader {
  private long previousMillis;
  private long previousDelta;

  /** Starts a stream. */
  public long readFirst(BitReader in) {
    resume(in.read(WHOLE_BITS), 0);
    return previousMillis;
  }

  /** The timestamp after the one read last. */
  public long readNext(BitReader in) {
    long change =
        switch (in.readOnes(WHOLE_PREFIX_BITS)) {
          case 0 -> 0;
          case 1 -> in.readSigned(TINY_BITS);
          case 2 -> in.readSigned(SMALL_BITS);
          case 3 -> in.readSigned(MEDIUM_BITS);
          case 4 -> in.readSigned(LARGE_BITS);
          default -> in.readSigned(WHOLE_BITS);
        };
    long delta = previousDelta + change;
    resume(previousMillis + delta, delta);
    return previousMillis;
  }

  /** Goes on where another reader or writer of the same stream stands. */
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
}
