package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.ProtobufMarks.BEGIN;
import static io.silverback.codec.exposition.ProtobufMarks.COUNT;
import static io.silverback.codec.exposition.ProtobufMarks.END;
import static io.silverback.codec.exposition.ProtobufMarks.NUMBER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

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

    private Outline(ProtobufMarks found, byte[] body, int length) {
      this.pieces = found.pieces();
      this.marks = found.marks();
      this.widths = found.widths();
      this.numbers = found.numbers();
      var skeleton = new BodySkeleton();
      int at = 0;
      for (int i = 0; i < pieces.length; i++) {
        skeleton.addUnlessEmpty(body, at, pieces[i]);
        at += pieces[i] + widths[i];
      }
      this.tailLength = length - at;
      skeleton.addUnlessEmpty(body, at, tailLength);
      skeleton.finish();
      this.high = skeleton.high();
      this.low = skeleton.low();
    }

    /**
     * The outline of the first {@code length} bytes of a body that a {@link ProtobufParser} took.
     *
     * @return empty if it has no number, or one that is left to the parser, or too many
     */
    public static Optional<Outline> of(byte[] body, int length) {
      Objects.checkFromIndexSize(0, length, body.length);
      var found = new ProtobufMarks(body, length);
      return found.markAll() ? Optional.of(new Outline(found, body, length)) : Optional.empty();
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
}
