package io.silverback.codec.gorilla;

/**
 * The samples of one series as Prometheus keeps and sends them: its chunk encoding 1, bit for bit.
 *
 * <p>Layout: {@code docs/formats/prometheus-xor-chunk.md}. {@link PrometheusXorChunkWriter} fills a
 * chunk, {@link PrometheusXorChunkReader} walks through it.
 */
public final class PrometheusXorChunk {
  /** What Prometheus calls this encoding, on disk and in a remote-read response. */
  public static final int ENCODING = 1;

  static final int SAMPLE_COUNT_OFFSET = 0;
  static final int SAMPLE_COUNT_LENGTH = Short.BYTES;
  static final int SAMPLES_OFFSET = SAMPLE_COUNT_OFFSET + SAMPLE_COUNT_LENGTH;

  /** What the field for the number of samples can say. */
  public static final int SAMPLE_COUNT_LIMIT = 0xffff;

  static final int WHOLE_BITS = Long.SIZE;
  static final int SMALL_BITS = 14;
  static final int MEDIUM_BITS = 17;
  static final int LARGE_BITS = 20;

  static final long SMALL_PREFIX = 0b10;
  static final long MEDIUM_PREFIX = 0b110;
  static final long LARGE_PREFIX = 0b1110;
  static final long WHOLE_PREFIX = 0b1111;

  static final int SMALL_PREFIX_BITS = 2;
  static final int MEDIUM_PREFIX_BITS = 3;
  static final int LARGE_PREFIX_BITS = 4;

  /** No prefix has more ones than this, so it ends without a zero. */
  static final int WHOLE_PREFIX_BITS = 4;

  private PrometheusXorChunk() {}
}
