package io.silverback.codec.exposition;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/** A body in the text format but for its numbers. Immutable. */
public final class TextTemplate implements BodyTemplate {
  /** The longest number that is looked at; longer ones are for the parser. */
  private static final int LONGEST_NUMBER = 32;

  private final int[] lengths;
  private final NumberColumns columns;
  private final int tailLength;
  private final long high;
  private final long low;

  private TextTemplate(int[] lengths, NumberColumns columns, int tailLength, long high, long low) {
    this.lengths = lengths;
    this.columns = columns;
    this.tailLength = tailLength;
    this.high = high;
    this.low = low;
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
    return 128 + (long) Integer.BYTES * lengths.length + columns.weight();
  }

  @Override
  public boolean read(byte[] body, int length, byte[] words) {
    Objects.checkFromIndexSize(0, length, body.length);
    var skeleton = new BodySkeleton();
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
      if (bits == GoNumbers.NO_NUMBER || !columns.put(i, bits, words)) {
        return false;
      }
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
        && tailLength == template.tailLength
        && Arrays.equals(lengths, template.lengths)
        && columns.equals(template.columns);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(low);
  }

  /** Where the numbers of a body are: the last word of each line that is no comment. Immutable. */
  public static final class Outline implements BodyTemplate.Outline {
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
      var skeleton = new BodySkeleton();
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
          units += BodySkeleton.unitsOf(number - start);
          if (units > BodySkeleton.MOST_UNITS) {
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
      if (units + BodySkeleton.unitsOf(tail) > BodySkeleton.MOST_UNITS || count == 0) {
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

    @Override
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

    @Override
    public Optional<TextTemplate> template(byte[] words, BitSet counts) {
      return NumberColumns.of(words, counts, lengths.length)
          .map(columns -> new TextTemplate(lengths, columns, tailLength(), high, low));
    }
  }
}
