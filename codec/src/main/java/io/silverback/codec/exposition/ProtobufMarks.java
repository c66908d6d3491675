package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;

import com.google.protobuf.WireFormat;
import java.util.Arrays;

/**
 * Finds the marks of one body in the delimited protobuf format: its numbers, and the messages whose
 * length depends on them. What marks are is said by {@link ProtobufTemplate}, which is made of
 * them. Not thread-safe.
 */
final class ProtobufMarks {
  /** A double of eight bytes. */
  static final byte NUMBER = 0;

  /** A varint. */
  static final byte COUNT = 1;

  /** The length of a message, which is a varint. */
  static final byte BEGIN = 2;

  /** The end of a message, of no bytes. */
  static final byte END = 3;

  private final byte[] body;
  private final int length;
  private int[] pieces = new int[16];
  private byte[] marks = new byte[16];
  private int[] widths = new int[16];
  private int count;
  private int numbers;

  /** Where the piece that is being read began. */
  private int start;

  private long units = 1;
  private boolean isUsual = true;

  ProtobufMarks(byte[] body, int length) {
    this.body = body;
    this.length = length;
  }

  /** How many of them are numbers or counts. */
  int numbers() {
    return numbers;
  }

  /** The lengths of the pieces before the marks. */
  int[] pieces() {
    return Arrays.copyOf(pieces, count);
  }

  /** What each is. */
  byte[] marks() {
    return Arrays.copyOf(marks, count);
  }

  /** How many bytes each takes in this body. */
  int[] widths() {
    return Arrays.copyOf(widths, count);
  }

  /** Finds all, once; false if the body is for the parser. */
  boolean markAll() {
    var in = new ProtobufInput(body, 0, length);
    while (!in.atEnd()) {
      int from = in.offset();
      int familyLength = in.length();
      int begin = in.offset();
      boolean varies = hasCounts(new ProtobufInput(body, begin, familyLength));
      if (varies) {
        mark(BEGIN, from, begin);
      }
      markFamily(new ProtobufInput(body, begin, familyLength));
      in.skipBytes(familyLength);
      if (varies) {
        mark(END, in.offset(), in.offset());
      }
    }
    units += BodySkeleton.unitsOf(length - start);
    return isUsual && numbers > 0 && units <= BodySkeleton.MOST_UNITS;
  }

  private static boolean hasCounts(ProtobufInput family) {
    while (family.next()) {
      if (family.field() != FAMILY_METRIC) {
        family.skip();
        continue;
      }
      int outer = family.enter();
      boolean found = false;
      while (family.next()) {
        found |= isCounted(family.field());
        family.skip();
      }
      family.leave(outer);
      if (found) {
        return true;
      }
    }
    return false;
  }

  private static boolean isCounted(int metricField) {
    return metricField == METRIC_SUMMARY || metricField == METRIC_HISTOGRAM;
  }

  private void markFamily(ProtobufInput in) {
    while (in.next()) {
      if (in.field() == FAMILY_METRIC) {
        markMetric(in);
      } else {
        in.skip();
      }
    }
  }

  private void markMetric(ProtobufInput in) {
    int from = in.offset();
    int outer = in.enter();
    int begin = in.offset();
    boolean varies = false;
    var ahead = new ProtobufInput(body, begin, in.lengthLeft());
    while (ahead.next()) {
      varies |= isCounted(ahead.field());
      ahead.skip();
    }
    if (varies) {
      mark(BEGIN, from, begin);
    }
    while (in.next()) {
      switch (in.field()) {
        case METRIC_GAUGE -> markNumber(in, GAUGE_VALUE);
        case METRIC_COUNTER -> markNumber(in, COUNTER_VALUE);
        case METRIC_UNTYPED -> markNumber(in, UNTYPED_VALUE);
        case METRIC_SUMMARY -> markSummary(in);
        case METRIC_HISTOGRAM -> markHistogram(in);
        default -> in.skip();
      }
    }
    leave(in, outer, varies);
  }

  private void markNumber(ProtobufInput in, int valueField) {
    int outer = in.enter();
    while (in.next()) {
      markIf(in.field() == valueField, NUMBER, in);
    }
    in.leave(outer);
  }

  private void markSummary(ProtobufInput in) {
    int outer = begin(in);
    while (in.next()) {
      switch (in.field()) {
        case SUMMARY_SAMPLE_COUNT -> mark(COUNT, in);
        case SUMMARY_SAMPLE_SUM -> mark(NUMBER, in);
        case SUMMARY_QUANTILE -> markNumber(in, QUANTILE_VALUE);
        default -> in.skip();
      }
    }
    leave(in, outer, true);
  }

  private void markHistogram(ProtobufInput in) {
    int outer = begin(in);
    while (in.next()) {
      switch (in.field()) {
        case HISTOGRAM_SAMPLE_COUNT -> mark(COUNT, in);
        case HISTOGRAM_SAMPLE_SUM -> mark(NUMBER, in);
        case HISTOGRAM_BUCKET -> markBucket(in);
        default -> {
          isUsual &= in.field() != HISTOGRAM_SAMPLE_COUNT_FLOAT;
          in.skip();
        }
      }
    }
    leave(in, outer, true);
  }

  private void markBucket(ProtobufInput in) {
    int outer = begin(in);
    while (in.next()) {
      isUsual &= in.field() != BUCKET_CUMULATIVE_COUNT_FLOAT;
      markIf(in.field() == BUCKET_CUMULATIVE_COUNT, COUNT, in);
    }
    leave(in, outer, true);
  }

  private int begin(ProtobufInput in) {
    int from = in.offset();
    int outer = in.enter();
    mark(BEGIN, from, in.offset());
    return outer;
  }

  private void leave(ProtobufInput in, int outer, boolean varies) {
    if (varies) {
      mark(END, in.offset(), in.offset());
    }
    in.leave(outer);
  }

  private void markIf(boolean isNumber, byte mark, ProtobufInput in) {
    if (isNumber) {
      mark(mark, in);
    } else {
      in.skip();
    }
  }

  /** Marks the current field. */
  private void mark(byte mark, ProtobufInput in) {
    int from = in.offset();
    int wireType = mark == NUMBER ? WireFormat.WIRETYPE_FIXED64 : WireFormat.WIRETYPE_VARINT;
    isUsual &= in.wireType() == wireType;
    in.skip();
    mark(mark, from, in.offset());
    numbers++;
  }

  private void mark(byte mark, int from, int to) {
    if (count == pieces.length) {
      pieces = Arrays.copyOf(pieces, 2 * count);
      marks = Arrays.copyOf(marks, 2 * count);
      widths = Arrays.copyOf(widths, 2 * count);
    }
    pieces[count] = from - start;
    marks[count] = mark;
    widths[count] = to - from;
    count++;
    units += BodySkeleton.unitsOf(from - start);
    start = to;
  }
}
