package io.silverback.codec.exposition;

/**
 * How much heap a body takes beside itself from the moment when it is parsed until it is stored.
 *
 * <p>The figures are what bodies of each kind were seen to need at their worst, rounded up; they
 * are for weighing bodies against one another, not for accounting.
 */
public final class ParsedSize {
  /** The shortest line that makes something, and the shortest message, both come to less. */
  private static final long MOST_PER_BYTE = 200;

  private static final long PER_LINE = 800;
  private static final long PER_LABEL = 200;
  private static final long PER_FAMILY = 400;
  private static final long PER_METRIC = 400;
  private static final long PER_BYTE_OF_BUCKETS = 40;

  private ParsedSize() {}

  /** More than any body of that length takes; costs nothing to know. */
  public static long mostOf(int length) {
    return length * MOST_PER_BYTE;
  }

  /** What the first {@code length} bytes take as text. */
  public static long ofText(byte[] body, int length) {
    long size = length;
    for (int i = 0; i < length; i++) {
      switch (body[i]) {
        case '\n' -> size += PER_LINE;
        case '=' -> size += PER_LABEL;
        default -> {}
      }
    }
    return Math.min(size + PER_LINE, mostOf(length));
  }

  /**
   * What the first {@code length} bytes take as delimited protobuf.
   *
   * @throws MalformedExpositionException if they are not; a parser may say more of it
   */
  public static long ofProtobuf(byte[] body, int length) {
    long size = length;
    var in = new ProtobufInput(body, 0, length);
    while (!in.atEnd()) {
      int familyLength = in.length();
      size += PER_FAMILY + ofFamily(new ProtobufInput(body, in.offset(), familyLength));
      in.skipBytes(familyLength);
    }
    return Math.min(size, mostOf(length));
  }

  private static long ofFamily(ProtobufInput in) {
    long size = 0;
    while (in.next()) {
      if (in.field() == ProtobufLayout.FAMILY_METRIC) {
        int outer = in.enter();
        size += PER_METRIC + ofMetric(in);
        in.leave(outer);
      } else {
        in.skip();
      }
    }
    return size;
  }

  private static long ofMetric(ProtobufInput in) {
    long size = 0;
    while (in.next()) {
      int from = in.offset();
      int field = in.field();
      in.skip();
      switch (field) {
        case ProtobufLayout.METRIC_LABEL -> size += PER_LABEL;
        case ProtobufLayout.METRIC_SUMMARY, ProtobufLayout.METRIC_HISTOGRAM ->
            size += (in.offset() - from) * PER_BYTE_OF_BUCKETS;
        default -> {}
      }
    }
    return size;
  }
}
