package io.silverback.codec.gorilla;

import static io.silverback.codec.bits.IntegerCodes.readVarint;
import static io.silverback.codec.bits.IntegerCodes.unZigZag;
import static io.silverback.codec.gorilla.PrometheusXorChunk.*;
import static java.nio.ByteOrder.BIG_ENDIAN;

import io.silverback.codec.bits.BitReader;
import io.silverback.codec.bits.CorruptBitsException;
import org.agrona.DirectBuffer;

/**
 * Walks through the samples of a Prometheus XOR chunk, from any writer.
 *
 * <p>A chunk holds no checksum: bits that end too early or that no appender writes throw {@link
 * CorruptBitsException}, and any others are some samples, at most as many as the header says.
 * Allocates nothing else, may be wrapped around another chunk at any time, and is not thread-safe.
 * Layout: {@code docs/formats/prometheus-xor-chunk.md}.
 */
public final class PrometheusXorChunkReader {
  private final BitReader in = new BitReader();
  private final ValueReader values = new ValueReader();
  private int sampleCount;
  private int samplesRead;
  private long timeMillis;
  private long delta;

  /**
   * Starts before the first sample of a chunk.
   *
   * @param length of the chunk in bytes; more than it needs does no harm
   */
  public void wrap(DirectBuffer buffer, int offset, int length) {
    if (length < SAMPLES_OFFSET) {
      throw new CorruptBitsException("chunk shorter than its header: length=" + length);
    }
    in.wrap(buffer, offset + SAMPLES_OFFSET, length - SAMPLES_OFFSET);
    sampleCount = buffer.getShort(offset + SAMPLE_COUNT_OFFSET, BIG_ENDIAN) & 0xffff;
    samplesRead = 0;
  }

  /** How many samples the header announces. */
  public int sampleCount() {
    return sampleCount;
  }

  /** Steps to the next sample; false after the last one. */
  public boolean next() {
    if (samplesRead == sampleCount) {
      return false;
    }
    switch (samplesRead) {
      case 0 -> {
        timeMillis = unZigZag(readVarint(in));
        values.readFirst(in);
      }
      case 1 -> {
        delta = readVarint(in);
        timeMillis += delta;
        values.readNext(in);
      }
      default -> {
        delta += readChange();
        timeMillis += delta;
        values.readNext(in);
      }
    }
    samplesRead++;
    return true;
  }

  /** The time of the sample that {@link #next} stepped to, in milliseconds. */
  public long timeMillis() {
    return timeMillis;
  }

  /** The raw bits of the value of the sample that {@link #next} stepped to. */
  public long valueBits() {
    return values.previousBits();
  }

  private long readChange() {
    return switch (in.readOnes(WHOLE_PREFIX_BITS)) {
      case 0 -> 0;
      case 1 -> readChange(SMALL_BITS);
      case 2 -> readChange(MEDIUM_BITS);
      case 3 -> readChange(LARGE_BITS);
      default -> in.read(WHOLE_BITS);
    };
  }

  private long readChange(int bits) {
    long change = in.read(bits);
    // upstream: tsdb/chunkenc/xor.go takes the pattern 1000... as the largest number of a width.
    return change > 1L << (bits - 1) ? change - (1L << bits) : change;
  }
}
