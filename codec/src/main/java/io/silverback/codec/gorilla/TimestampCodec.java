package io.silverback.codec.gorilla;

/**
 * Timestamps as the change of the distance between them (delta of delta), in milliseconds.
 *
 * <p>Layout: {@code docs/formats/gorilla-timestamps.md}. {@link TimestampWriter} and {@link
 * TimestampReader} keep what one stream has come to.
 */
final class TimestampCodec {
  /* Implementation notes
   *
   * The scheme is that of section 4.1.1 of [1]; the widths are ours, since [1] counts seconds and a
   * push interval in milliseconds never repeats exactly. A push that is up to d off its beat changes
   * the distance by up to 4d. So the narrowest width holds most of what 5 ms do, the next 30 ms, the
   * third half a second; the fourth is for missed beats and for the first distance.
   *
   * All differences wrap around, so that every sequence of 64-bit numbers comes back.
   *
   * [1] T. Pelkonen et al.: Gorilla: A Fast, Scalable, In-Memory Time Series Database. VLDB 2015.
   */

  /** A first time, or a change that no other width holds. */
  static final int WHOLE_BITS = Long.SIZE;

  static final int TINY_BITS = 5;
  static final int SMALL_BITS = 8;
  static final int MEDIUM_BITS = 12;
  static final int LARGE_BITS = 20;

  static final long TINY_PREFIX = 0b10;
  static final long SMALL_PREFIX = 0b110;
  static final long MEDIUM_PREFIX = 0b1110;
  static final long LARGE_PREFIX = 0b11110;
  static final long WHOLE_PREFIX = 0b11111;

  static final int TINY_PREFIX_BITS = 2;
  static final int SMALL_PREFIX_BITS = 3;
  static final int MEDIUM_PREFIX_BITS = 4;
  static final int LARGE_PREFIX_BITS = 5;

  /** No prefix has more ones than this, so it ends without a zero. */
  static final int WHOLE_PREFIX_BITS = 5;

  private TimestampCodec() {}
}
