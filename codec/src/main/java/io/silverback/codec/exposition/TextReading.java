package io.silverback.codec.exposition;

/** The pieces of a text are some of its lines. */
final class TextReading implements ExpositionReading {
  /** Most bytes of a piece of several lines. */
  static final int PIECE = 64 * 1024;

  private static final byte LINE_FEED = '\n';

  private final ExpositionReader reader;

  TextReading(ExpositionReader reader) {
    this.reader = reader;
  }

  @Override
  public int endOfPiece(byte[] bytes, int from, int to) {
    int most = Math.min(to, from + PIECE);
    for (int at = most; at > from; at--) {
      if (bytes[at - 1] == LINE_FEED) {
        return at;
      }
    }
    for (int at = most; at < to; at++) {
      if (bytes[at] == LINE_FEED) {
        return at + 1;
      }
    }
    return -1;
  }

  @Override
  public long sizeOf(byte[] bytes, int from, int end) {
    return ParsedSize.ofText(bytes, from, end);
  }

  @Override
  public void read(byte[] bytes, int from, int end) {
    reader.read(bytes, from, end);
  }

  @Override
  public ParsedExposition end() {
    return reader.end();
  }
}
