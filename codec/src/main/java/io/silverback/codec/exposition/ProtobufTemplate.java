package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufLayout.*;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.google.protobuf.WireFormat;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntToDoubleFunction;

/** A body in the delimited protobuf format but for its numbers. Immutable. */
public final class ProtobufTemplate implements BodyTemplate {
  /*
   * Implementation notes
   *
   * A body is cut at its marks. A mark is a number (a double of eight bytes, or a count, which is a
   * varint), the length of a message, or the end of one; the bytes between two marks are a piece.
   * As the width of a count differs, so do the lengths of the messages around it: the template
   * knows where each such message begins and ends, and takes whatever length leads from the one to
   * the other. The length of a message without a count never changes, so it is a part of a piece.
   *
   * So if all pieces are the same and each length leads to its end, the fields are the same, and a
   * parser would find other numbers in them and nothing else. Everything that is not marked is in a
   * piece: unknown fields, exemplars, times, native buckets.
   */
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);

  private static final byte NUMBER = 0;
  private static final byte COUNT = 1;
  private static final byte BEGIN = 2;
  private static final byte END = 3;

  /** Family, metric, histogram, bucket. */
  private static final int MOST_DEPTH = 4;

  /** Fewer than 2^56, more than which are no exact doubles anyway. */
  private static final int LONGEST_COUNT = 8;

  /** Fewer than 2^35. */
  private static final int LONGEST_LENGTH = 5;

  private final int[] pieces;
  private final byte[] marks;
  private final NumberColumns columns;
  private final int tailLength;
  private final long high;
  private final long low;

  private ProtobufTemplate(Outline outline, NumberColumns columns) {
    this.pieces = outline.pieces;
    this.marks = outline.marks;
    this.columns = columns;
    this.tailLength = outline.tailLength;
    this.high = outline.high;
    this.low = outline.low;
  }

  @Override
  public int columnCount() {
    return columns.columnCount();
  }

  @Override
  public OptionalInt columnOf(double number) {
    return columns.of(number);
  }

  @Override
  public long weight() {
    return 128 + (Integer.BYTES + 1L) * pieces.length + columns.weight();
  }

  @Override
  public boolean read(byte[] body, int length, byte[] words) {
    Objects.checkFromIndexSize(0, length, body.length);
    var skeleton = new BodySkeleton();
    int[] ends = new int[MOST_DEPTH];
    int depth = 0;
    int number = 0;
    int at = 0;
    for (int i = 0; i < pieces.length; i++) {
      int from = at + pieces[i];
      if (from > length || from < at) {
        return false;
      }
      skeleton.addUnlessEmpty(body, at, pieces[i]);
      at = from;
      switch (marks[i]) {
        case NUMBER -> {
          if (length - from < Long.BYTES) {
            return false;
          }
          at += Long.BYTES;
          if (!columns.put(number, (long) WORDS.get(body, from), words)) {
            return false;
          }
          number++;
        }
        case COUNT -> {
          at = endOfVarint(body, from, length, LONGEST_COUNT);
          if (at < 0) {
            return false;
          }
          long bits = Double.doubleToRawLongBits((double) varint(body, from, at));
          if (!columns.put(number, bits, words)) {
            return false;
          }
          number++;
        }
        case BEGIN -> {
          at = endOfVarint(body, from, length, LONGEST_LENGTH);
          if (at < 0) {
            return false;
          }
          long end = at + varint(body, from, at);
          if (end > length) {
            return false;
          }
          ends[depth++] = (int) end;
        }
        default -> {
          if (at != ends[--depth]) {
            return false;
          }
        }
      }
    }
    if (length - at != tailLength) {
      return false;
    }
    skeleton.addUnlessEmpty(body, at, tailLength);
    skeleton.finish();
    return skeleton.high() == high && skeleton.low() == low;
  }

  /** Where a varint ends that is no longer than that; -1 if it is. */
  private static int endOfVarint(byte[] body, int from, int to, int longest) {
    int most = Math.min(to, from + longest);
    for (int at = from; at < most; at++) {
      if (body[at] >= 0) {
        return at + 1;
      }
    }
    return -1;
  }

  private static long varint(byte[] body, int from, int to) {
    long value = 0;
    for (int at = to - 1; at >= from; at--) {
      value = value << 7 | (body[at] & 0x7f);
    }
    return value;
  }

  private static int widthOf(long varint) {
    return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(varint) + 6) / 7);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ProtobufTemplate template
        && high == template.high
        && low == template.low
        && tailLength == template.tailLength
        && Arrays.equals(pieces, template.pieces)
        && Arrays.equals(marks, template.marks)
        && columns.equals(template.columns);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(low);
  }

  /** Where the numbers of a body are, and the messages whose length depends on them. Immutable. */
  public static final class Outline implements BodyTemplate.Outline {
    private final int[] pieces;
    private final byte[] marks;
    private final int[] widths;
    private final int numbers;
    private final int tailLength;
    private final long high;
    private final long low;

    private Outline(Marking marking, int tailLength, long high, long low) {
      this.pieces = Arrays.copyOf(marking.pieces, marking.count);
      this.marks = Arrays.copyOf(marking.marks, marking.count);
      this.widths = Arrays.copyOf(marking.widths, marking.count);
      this.numbers = marking.numbers;
      this.tailLength = tailLength;
      this.high = high;
      this.low = low;
    }

    /**
     * The outline of the first {@code length} bytes of a body that a {@link ProtobufParser} took.
     *
     * @return empty if it has no number, or one that is left to the parser, or too many
     */
    public static Optional<Outline> of(byte[] body, int length) {
      Objects.checkFromIndexSize(0, length, body.length);
      var marking = new Marking(body, length);
      if (!marking.markAll()) {
        return Optional.empty();
      }
      var skeleton = new BodySkeleton();
      int at = 0;
      for (int i = 0; i < marking.count; i++) {
        skeleton.addUnlessEmpty(body, at, marking.pieces[i]);
        at += marking.pieces[i] + marking.widths[i];
      }
      skeleton.addUnlessEmpty(body, at, length - at);
      skeleton.finish();
      return Optional.of(new Outline(marking, length - at, skeleton.high(), skeleton.low()));
    }

    @Override
    public byte[] numbered(byte[] body) {
      return with(body, number -> number + 1.0);
    }

    /**
     * The body that this is of with other numbers.
     *
     * @param numberOf the number at an index; an integer where the body has a count
     */
    public byte[] with(byte[] body, IntToDoubleFunction numberOf) {
      long[] lengths = lengths(numberOf);
      int size = tailLength;
      for (int i = 0; i < pieces.length; i++) {
        size += pieces[i] + width(i, lengths[i]);
      }
      byte[] written = new byte[size];
      int from = 0;
      int to = 0;
      for (int i = 0; i < pieces.length; i++) {
        System.arraycopy(body, from, written, to, pieces[i]);
        from += pieces[i] + widths[i];
        to += pieces[i];
        if (marks[i] == NUMBER) {
          WORDS.set(written, to, lengths[i]);
        } else {
          putVarint(written, to, width(i, lengths[i]), lengths[i]);
        }
        to += width(i, lengths[i]);
      }
      System.arraycopy(body, from, written, to, tailLength);
      return written;
    }

    /** The numbers of the body that this is of. */
    public double[] numbersOf(byte[] body) {
      double[] found = new double[numbers];
      int number = 0;
      int at = 0;
      for (int i = 0; i < pieces.length; i++) {
        at += pieces[i];
        if (marks[i] == NUMBER) {
          found[number++] = Double.longBitsToDouble((long) WORDS.get(body, at));
        } else if (marks[i] == COUNT) {
          found[number++] = (double) varint(body, at, at + widths[i]);
        }
        at += widths[i];
      }
      return found;
    }

    @Override
    public Optional<ProtobufTemplate> template(byte[] words, BitSet counts) {
      return NumberColumns.of(words, counts, numbers)
          .map(columns -> new ProtobufTemplate(this, columns));
    }

    /** What each mark says: the bits of a number, a count, the length of a message. */
    private long[] lengths(IntToDoubleFunction numberOf) {
      long[] said = new long[pieces.length];
      int[] begins = new int[MOST_DEPTH];
      long[] sizes = new long[MOST_DEPTH + 1];
      int depth = 0;
      int number = 0;
      for (int i = 0; i < pieces.length; i++) {
        sizes[depth] += pieces[i];
        switch (marks[i]) {
          case NUMBER -> said[i] = Double.doubleToRawLongBits(numberOf.applyAsDouble(number++));
          case COUNT -> said[i] = (long) numberOf.applyAsDouble(number++);
          case BEGIN -> {
            begins[depth++] = i;
            sizes[depth] = 0;
          }
          default -> {
            depth--;
            said[begins[depth]] = sizes[depth + 1];
            sizes[depth] += sizes[depth + 1] + widthOf(sizes[depth + 1]);
          }
        }
        sizes[depth] += marks[i] == NUMBER || marks[i] == COUNT ? width(i, said[i]) : 0;
      }
      return said;
    }

    private int width(int mark, long said) {
      return switch (marks[mark]) {
        case NUMBER -> Long.BYTES;
        case END -> 0;
        default -> widthOf(said);
      };
    }

    private static void putVarint(byte[] to, int at, int width, long varint) {
      long left = varint;
      for (int i = 0; i < width; i++) {
        to[at + i] = (byte) (i == width - 1 ? left : (left & 0x7f) | 0x80);
        left >>>= 7;
      }
    }
  }

  /** Finds the marks of one body. */
  private static final class Marking {
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

    private Marking(byte[] body, int length) {
      this.body = body;
      this.length = length;
    }

    /** False if the body is for the parser. */
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
}
