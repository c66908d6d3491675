package io.silverback.codec.gorilla;

import static io.silverback.codec.bits.IntegerCodes.writeVarint;
import static io.silverback.codec.bits.IntegerCodes.zigZag;
import static io.silverback.codec.gorilla.PrometheusXorChunk.*;
import static java.nio.ByteOrder.BIG_ENDIAN;

import io.silverback.codec.bits.BitWriter;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes samples into a Prometheus XOR chunk; the bytes are those that Prometheus' own appender
 * would make of the same samples.
 *
 * <p>The bytes belong to the caller and are a chunk after {@link #flush}; more samples may follow.
 * Times are milliseconds in any order, though Prometheus expects them ascending; values are raw
 * bits ({@link Double#doubleToRawLongBits}). Allocates nothing, may be wrapped around another
 * region at any time, and is not thread-safe. Layout: {@code docs/formats/prometheus-xor-chunk.md}.
 */
public final class PrometheusXorChunkWriter {
  private final BitWriter out = new BitWriter();
  private final ValueWriter values = new ValueWriter(ValueCodec.ANY_WASTE);
  private MutableDirectBuffer buffer = new UnsafeBuffer(new byte[SAMPLES_OFFSET]);
  private int offset;
  private int sampleCount;
  private long previousMillis;
  private long previousDelta;

  /**
   * Starts a chunk without samples.
   *
   * @param length of the region in bytes, at least the 2 of the header
   */
  public void wrap(MutableDirectBuffer buffer, int offset, int length) {
    if (length < SAMPLES_OFFSET) {
      throw new IllegalArgumentException("no room for a chunk header: length=" + length);
    }
    out.wrap(buffer, offset + SAMPLES_OFFSET, length - SAMPLES_OFFSET);
    this.buffer = buffer;
    this.offset = offset;
    this.sampleCount = 0;
  }

  /**
   * Adds a sample.
   *
   * @return false, with the chunk as it was, if the region or the sample count is full
   */
  public boolean append(long timeMillis, long valueBits) {
    if (sampleCount == SAMPLE_COUNT_LIMIT) {
      return false;
    }
    long start = out.position();
    long delta = timeMillis - previousMillis;
    boolean written =
        switch (sampleCount) {
          case 0 -> writeVarint(out, zigZag(timeMillis)) && values.writeFirst(out, valueBits);
          case 1 -> writeVarint(out, delta) && values.writeNext(out, valueBits);
          default -> writeChange(delta - previousDelta) && values.writeNext(out, valueBits);
        };
    if (!written) {
      out.truncate(start);
      return false;
    }
    sampleCount++;
    previousMillis = timeMillis;
    previousDelta = delta;
    return true;
  }

  public int sampleCount() {
    return sampleCount;
  }

  /**
   * Puts what is still held back into the buffer.
   *
   * @return the length of the chunk in bytes
   */
  public int flush() {
    buffer.putShort(offset + SAMPLE_COUNT_OFFSET, (short) sampleCount, BIG_ENDIAN);
    return SAMPLES_OFFSET + out.flush();
  }

  private boolean writeChange(long change) {
    if (change == 0) {
      return out.write(0b0, 1);
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

  // upstream: tsdb/chunkenc/xor.go gives the bit pattern 1000... to the largest and not to the
  // smallest number of a width.
  private static boolean fits(long change, int bits) {
    long limit = 1L << (bits - 1);
    return -limit < change && change <= limit;
  }
}
