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
    return ofText(body, 0, length);
  }

  /** What whole lines take. */
  static long ofText(byte[] body, int from, int to) {
    long size = 0;
    int lineFrom = from;
    boolean counts = counts(body, from, to);
    for (int i = from; i < to; i++) {
      if (body[i] == '\n') {
        size += counts ? PER_LINE + i - lineFrom : 0;
        lineFrom = i + 1;
        counts = counts(body, lineFrom, to);
      } else if (body[i] == '=' && counts) {
        size += PER_LABEL;
      }
    }
    return Math.min(size + PER_LINE + to - lineFrom, mostOf(to - from));
  }

  /** Nothing is kept of empty lines, and of comments that are neither HELP nor TYPE. */
  private static boolean counts(byte[] body, int lineFrom, int to) {
    int at = lineFrom;
    boolean isComment = at < to && body[at] == '#';
    if (isComment) {
      at++;
      while (at < to && (body[at] == ' ' || body[at] == '\t')) {
        at++;
      }
    }
    return at < to && body[at] != '\n' && (!isComment || body[at] == 'H' || body[at] == 'T');
  }

  /**
   * What the first {@code length} bytes take as delimited protobuf.
   *
   * @throws MalformedExpositionException if they are not; a parser may say more of it
   */
  public static long ofProtobuf(byte[] body, int length) {
    return ofProtobuf(body, 0, length);
  }

  /** What whole messages take. */
  static long ofProtobuf(byte[] body, int from, int to) {
    int length = to - from;
    long size = length;
    var in = new ProtobufInput(body, from, length);
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
