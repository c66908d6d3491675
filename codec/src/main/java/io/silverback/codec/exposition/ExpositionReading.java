package io.silverback.codec.exposition;

/**
 * A body that is read piece by piece, as it comes. It keeps what the body says, and none of the
 * arrays, of which a piece may be at any place in any.
 *
 * <p>Belongs to one body and one thread; useless after a {@link MalformedExpositionException}.
 */
public interface ExpositionReading {
  /**
   * Where the next piece ends that begins at {@code from}: it is made of whole lines or messages,
   * of few of them. Negative if all bytes up to {@code to} are no whole one.
   */
  int endOfPiece(byte[] bytes, int from, int to);

  /** About how much heap the piece takes once it is read, and while it is stored. */
  long sizeOf(byte[] bytes, int from, int end);

  /**
   * Reads a piece, or what is left at the end of the body.
   *
   * @throws MalformedExpositionException if it is not valid, or not whole
   */
  void read(byte[] bytes, int from, int end);

  /** All that was read. */
  ParsedExposition end();
}
