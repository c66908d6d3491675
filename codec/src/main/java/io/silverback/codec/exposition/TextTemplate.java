package io.silverback.codec.exposition;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A body in the text format but for its numbers. Reads other bodies that differ from it in numbers
 * only, without looking at names and labels: a client that pushes again and again sends little
 * else.
 *
 * <p>It takes a body only if every byte between the numbers is the same, in the same order, and
 * knows of these bytes nothing but their lengths and a keyed hash. Any other body has to be parsed.
 * Immutable; keeps no reference to the body that it was made from.
 */
public final class TextTemplate {
  /*
   * Implementation notes
   *
   * Which column a number belongs to is learned from the parser itself: it is given the body once
   * more with the numbers 1, 2, 3 and so on, and the columns that come out say where each went.
   * So all rules of the format, its oddities included, are in one place, and a body of which some
   * number does not end in exactly one column gets no template.
   *
   * What the parser makes of the bytes between the numbers does not depend on the numbers, but for
   * one thing: it turns counts into integers, and treats a histogram as another kind of metric if
   * one is negative, too large or no integer. So a count has to be a small integer here.
   */

  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN);

  /** Above, not every integer is a double. */
  private static final double MOST_COUNT = 1L << 53;

  /** The longest number that is looked at; longer ones are for the parser. */
  private static final int LONGEST_NUMBER = 32;

  private final int[] lengths;
  private final int[] columns;
  private final BitSet counts;
  private final int columnCount;
  private final int tailLength;
  private final long high;
  private final long low;

  private TextTemplate(
      int[] lengths,
      int[] columns,
      BitSet counts,
      int columnCount,
      int tailLength,
      long high,
      long low) {
    this.lengths = lengths;
    this.columns = columns;
    this.counts = counts;
    this.columnCount = columnCount;
    this.tailLength = tailLength;
    this.high = high;
    this.low = low;
  }

  /** How many columns it fills. */
  public int columnCount() {
    return columnCount;
  }

  /**
   * The column that a number of {@link Outline#numbered} went to, as the double that it is there.
   * Empty for any other double.
   */
  public OptionalInt columnOf(double number) {
    int index = (int) number - 1;
    return index == number - 1 && index >= 0 && index < columns.length
        ? OptionalInt.of(columns[index])
        : OptionalInt.empty();
  }

  /** About how many bytes of heap it takes. */
  public long weight() {
    return 128 + 2L * Integer.BYTES * lengths.length + counts.size() / Byte.SIZE;
  }

  /**
   * Reads the first {@code length} bytes of a body.
   *
   * @param words gets the columns, a little-endian word each; those that no number fills are left,
   *     and are zero in every body. If the answer is false there may be anything in it
   * @return false for a body that is not like the one that this was made from
   */
  public boolean read(byte[] body, int length, byte[] words) {
    Objects.checkFromIndexSize(0, length, body.length);
    var skeleton = new TextSkeleton();
    int at = 0;
    for (int i = 0; i < lengths.length; i++) {
      int from = at + lengths[i];
      if (from > length || from < at) {
        return false;
      }
      int to = endOfNumber(body, from, length);
      if (to < 0) {
        return false;
      }
      long bits = GoNumbers.parseBits(body, from, to);
      if (bits == GoNumbers.NO_NUMBER) {
        return false;
      }
      int column = columns[i];
      if (counts.get(column)) {
        double count = Double.longBitsToDouble(bits);
        if (!(count >= 0 && count <= MOST_COUNT && count == (long) count)) {
          return false;
        }
        // Without the sign that a zero may have.
        bits = Double.doubleToRawLongBits(count + 0.0);
      }
      WORDS.set(words, column * Long.BYTES, bits);
      skeleton.add(body, at, lengths[i]);
      at = to + 1;
    }
    if (length - at != tailLength) {
      return false;
    }
    skeleton.add(body, at, tailLength);
    skeleton.finish();
    return skeleton.high() == high && skeleton.low() == low;
  }

  /** Where the line of a number ends; -1 if that is nowhere near. */
  private static int endOfNumber(byte[] body, int from, int length) {
    int most = Math.min(length, from + LONGEST_NUMBER);
    for (int at = from; at < most; at++) {
      if (body[at] == '\n') {
        return at;
      }
    }
    return -1;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TextTemplate template
        && high == template.high
        && low == template.low
        && columnCount == template.columnCount
        && tailLength == template.tailLength
        && Arrays.equals(lengths, template.lengths)
        && Arrays.equals(columns, template.columns)
        && counts.equals(template.counts);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(low);
  }

  /** Where the numbers of a body are: the last word of each line that is no comment. Immutable. */
  public static final class Outline {
    private final int[] lengths;
    private final int[] numbers;
    private final int length;
    private final long high;
    private final long low;

    private Outline(int[] lengths, int[] numbers, int length, long high, long low) {
      this.lengths = lengths;
      this.numbers = numbers;
      this.length = length;
      this.high = high;
      this.low = low;
    }

    /**
     * The outline of the first {@code length} bytes of a body.
     *
     * @return empty if some line has no number at its end, or there are too many
     */
    public static Optional<Outline> of(byte[] body, int length) {
      Objects.checkFromIndexSize(0, length, body.length);
      var skeleton = new TextSkeleton();
      int[] lengths = new int[16];
      int[] numbers = new int[16];
      int count = 0;
      long units = 1;
      int start = 0;
      int line = 0;
      while (line < length) {
        int end = line;
        int first = -1;
        int blank = -1;
        for (; end < length && body[end] != '\n'; end++) {
          if (body[end] == ' ' || body[end] == '\t') {
            blank = end;
          } else if (first < 0) {
            first = end;
          }
        }
        if (first >= 0 && body[first] != '#') {
          int number = blank + 1;
          if (end == length || blank < first || number == end) {
            return Optional.empty();
          }
          units += TextSkeleton.unitsOf(number - start);
          if (units > TextSkeleton.MOST_UNITS) {
            return Optional.empty();
          }
          if (count == lengths.length) {
            lengths = Arrays.copyOf(lengths, 2 * count);
            numbers = Arrays.copyOf(numbers, 2 * count);
          }
          lengths[count] = number - start;
          numbers[count] = end - number;
          count++;
          skeleton.add(body, start, number - start);
          start = end + 1;
        }
        line = end + 1;
      }
      int tail = Math.max(0, length - start);
      if (units + TextSkeleton.unitsOf(tail) > TextSkeleton.MOST_UNITS || count == 0) {
        return Optional.empty();
      }
      skeleton.add(body, start, tail);
      skeleton.finish();
      return Optional.of(
          new Outline(
              Arrays.copyOf(lengths, count),
              Arrays.copyOf(numbers, count),
              length,
              skeleton.high(),
              skeleton.low()));
    }

    /** The body that this is of, with the numbers 1, 2, 3 and so on in the place of its own. */
    public byte[] numbered(byte[] body) {
      int size = 0;
      for (int i = 0; i < lengths.length; i++) {
        size += lengths[i] + digits(i + 1) + 1;
      }
      int tail = tailLength();
      byte[] copy = new byte[size + tail];
      int from = 0;
      int to = 0;
      for (int i = 0; i < lengths.length; i++) {
        System.arraycopy(body, from, copy, to, lengths[i]);
        from += lengths[i] + numbers[i] + 1;
        to += lengths[i];
        int digits = digits(i + 1);
        for (int digit = digits - 1, left = i + 1; digit >= 0; digit--, left /= 10) {
          copy[to + digit] = (byte) ('0' + left % 10);
        }
        to += digits;
        copy[to++] = '\n';
      }
      System.arraycopy(body, from, copy, to, tail);
      return copy;
    }

    private static int digits(int number) {
      int digits = 1;
      for (int left = number; left >= 10; left /= 10) {
        digits++;
      }
      return digits;
    }

    private int tailLength() {
      int tail = length;
      for (int i = 0; i < lengths.length; i++) {
        tail -= lengths[i] + numbers[i] + 1;
      }
      return tail;
    }

    /**
     * The template for bodies of this outline.
     *
     * @param words the columns that the parser made of {@link #numbered}
     * @param counts the columns that are counts
     * @return empty unless each number ended in a column of its own, and all other columns are zero
     */
    public Optional<TextTemplate> template(byte[] words, BitSet counts) {
      int[] columns = new int[lengths.length];
      Arrays.fill(columns, -1);
      int found = 0;
      int columnCount = words.length / Long.BYTES;
      for (int column = 0; column < columnCount; column++) {
        long bits = (long) WORDS.get(words, column * Long.BYTES);
        if (bits == 0) {
          continue;
        }
        double value = Double.longBitsToDouble(bits);
        int number = (int) value;
        if (number != value || number < 1 || number > lengths.length || columns[number - 1] >= 0) {
          return Optional.empty();
        }
        columns[number - 1] = column;
        found++;
      }
      return found < lengths.length
          ? Optional.empty()
          : Optional.of(
              new TextTemplate(
                  lengths, columns, (BitSet) counts.clone(), columnCount, tailLength(), high, low));
    }
  }
}
