package io.silverback.codec.exposition;

import java.nio.charset.StandardCharsets;
import java.util.OptionalDouble;

/**
 * Numbers as text in the spelling that Go gives them, since clients of the Pushgateway read and
 * write that one. Stateless.
 *
 * <p>A double is written with the fewest digits that read back as the same double, with an exponent
 * below 1e-4 and from 1e+06 ("123456", "1e+06", "1e-05", "+Inf").
 */
public final class GoNumbers {
  private static final double TWO_TO_63 = 0x1p63;

  /** Up to here a double times its power of ten is exact, and so is its quotient. */
  private static final long MAX_EXACT_MANTISSA = 1L << 53;

  private static final double[] EXACT_POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private static final long[] LONG_POWERS = new long[19];

  static {
    LONG_POWERS[0] = 1;
    for (int i = 1; i < LONG_POWERS.length; i++) {
      LONG_POWERS[i] = 10 * LONG_POWERS[i - 1];
    }
  }

  /** Any two different decimals of that many digits read as different doubles. */
  private static final long SAFE_MANTISSA = LONG_POWERS[15];

  /** The bits of a NaN that no text says: not a number. */
  static final long NO_NUMBER = 0x7ff8_0000_0000_0001L;

  private static final int MIN_PLAIN_EXPONENT = -4;
  private static final int MAX_PLAIN_EXPONENT = 5;

  private GoNumbers() {}

  /**
   * The double that the text says, or nothing if it is not a decimal number in a double's range.
   */
  public static OptionalDouble parseDouble(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return parseDouble(bytes, 0, bytes.length);
  }

  /**
   * The double that the bytes {@code [from, to)} say, or nothing.
   *
   * <p>As Go's strconv.ParseFloat: {@code inf}, {@code infinity} and {@code nan} in any case, no
   * sign before nan, nothing beyond the largest double, and what is too small is 0. As the parser
   * of the text format restricts it: no hexadecimal numbers and no underscores.
   */
  static OptionalDouble parseDouble(byte[] bytes, int from, int to) {
    long bits = parseBits(bytes, from, to);
    return bits == NO_NUMBER
        ? OptionalDouble.empty()
        : OptionalDouble.of(Double.longBitsToDouble(bits));
  }

  /** The same without an object for the answer: the bits of the double, or {@link #NO_NUMBER}. */
  static long parseBits(byte[] bytes, int from, int to) {
    int at = from;
    boolean negative = at < to && bytes[at] == '-';
    if (negative || (at < to && bytes[at] == '+')) {
      at++;
    }
    long mantissa = 0;
    int digits = 0;
    int significant = 0;
    int fractionDigits = 0;
    boolean dot = false;
    for (; at < to; at++) {
      int digit = bytes[at] - '0';
      if (digit >= 0 && digit <= 9) {
        digits++;
        fractionDigits += dot ? 1 : 0;
        significant += digit > 0 || significant > 0 ? 1 : 0;
        if (significant < LONG_POWERS.length) {
          mantissa = 10 * mantissa + digit;
        }
      } else if (bytes[at] == '.' && !dot) {
        dot = true;
      } else {
        break;
      }
    }
    if (digits == 0) {
      return dot ? NO_NUMBER : parseWord(bytes, from, to);
    }
    int exponent = 0;
    if (at < to) {
      if (!isExponent(bytes, at, to)) {
        return NO_NUMBER;
      }
      exponent = smallExponent(bytes, at + 1, to);
    }
    if (significant < LONG_POWERS.length && mantissa <= MAX_EXACT_MANTISSA) {
      long power = (long) exponent - fractionDigits;
      if (Math.abs(power) < EXACT_POWERS.length) {
        double factor = EXACT_POWERS[(int) Math.abs(power)];
        double magnitude = power < 0 ? mantissa / factor : mantissa * factor;
        return Double.doubleToRawLongBits(negative ? -magnitude : magnitude);
      }
    }
    double value =
        Double.parseDouble(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
    return Double.isInfinite(value) ? NO_NUMBER : Double.doubleToRawLongBits(value);
  }

  private static boolean isExponent(byte[] bytes, int from, int to) {
    if ((bytes[from] | 0x20) != 'e') {
      return false;
    }
    int at = from + 1;
    if (at < to && (bytes[at] == '+' || bytes[at] == '-')) {
      at++;
    }
    return at < to && isDigits(bytes, at, to);
  }

  /** An exponent with its sign; a wide one comes out too small, but still too wide to be exact. */
  private static int smallExponent(byte[] bytes, int from, int to) {
    int at = bytes[from] == '+' || bytes[from] == '-' ? from + 1 : from;
    int exponent = 0;
    for (; at < to && exponent < 100_000_000; at++) {
      exponent = 10 * exponent + bytes[at] - '0';
    }
    return bytes[from] == '-' ? -exponent : exponent;
  }

  private static boolean isDigits(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return false;
      }
    }
    return true;
  }

  private static long parseWord(byte[] bytes, int from, int to) {
    if (to - from > "+infinity".length()) {
      return NO_NUMBER;
    }
    var word = new StringBuilder();
    for (int i = from; i < to; i++) {
      boolean upper = bytes[i] >= 'A' && bytes[i] <= 'Z';
      word.append((char) ((upper ? bytes[i] + 0x20 : bytes[i]) & 0xff));
    }
    return switch (word.toString()) {
      case "nan" -> Double.doubleToLongBits(Double.NaN);
      case "inf", "+inf", "infinity", "+infinity" ->
          Double.doubleToRawLongBits(Double.POSITIVE_INFINITY);
      case "-inf", "-infinity" -> Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY);
      default -> NO_NUMBER;
    };
  }

  /**
   * True if the bytes {@code [from, to)} are a decimal integer that fits into 64 bits with sign.
   */
  static boolean isLong(byte[] bytes, int from, int to) {
    int at = from;
    boolean negative = at < to && bytes[at] == '-';
    if (negative || (at < to && bytes[at] == '+')) {
      at++;
    }
    if (at == to || !isDigits(bytes, at, to)) {
      return false;
    }
    while (at < to - 1 && bytes[at] == '0') {
      at++;
    }
    if (to - at > LONG_POWERS.length) {
      return false;
    }
    long magnitude = 0;
    for (int i = at; i < to; i++) {
      magnitude = 10 * magnitude + bytes[i] - '0';
    }
    // Nineteen digits fit into 64 bits without a sign, so an overflow shows as a negative number.
    return magnitude >= 0 || (negative && magnitude == Long.MIN_VALUE);
  }

  /** An unsigned 64-bit number as the nearest double. */
  public static double toDouble(long unsigned) {
    if (unsigned >= 0) {
      return unsigned;
    }
    // The bit that is cut off must still count when the half is rounded.
    return 2.0 * ((unsigned >>> 1) | (unsigned & 1));
  }

  /**
   * A double cut to an unsigned 64-bit number.
   *
   * <p>upstream: Go leaves what does not fit to the processor. This is what amd64 answers: small
   * negative numbers wrap around, everything else is 2^63.
   */
  public static long toUnsigned(double value) {
    if (value >= -TWO_TO_63 && value < TWO_TO_63) {
      return (long) value;
    }
    if (value >= TWO_TO_63 && value < 2 * TWO_TO_63) {
      return (long) (value - TWO_TO_63) | Long.MIN_VALUE;
    }
    return Long.MIN_VALUE;
  }

  /** As Go's fmt prints it: like {@link #write}, but a negative zero as "-0". */
  public static String toString(double value) {
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    var text = new ExpositionBuffer(24);
    write(value, text);
    return text.toString();
  }

  /** An unsigned 64-bit number in decimal. */
  public static String toString(long unsigned) {
    return Long.toUnsignedString(unsigned);
  }

  /**
   * Writes the double as an exposition shows it. Integers and short decimals take no allocation.
   *
   * <p>upstream: a negative zero is written as "0", see expfmt's writeFloat.
   */
  public static void write(double value, ExpositionBuffer out) {
    if (value == 0) {
      out.put('0');
      return;
    }
    if (Double.isNaN(value)) {
      out.put("NaN");
      return;
    }
    if (Double.isInfinite(value)) {
      out.put(value > 0 ? "+Inf" : "-Inf");
      return;
    }
    if (value < 0) {
      out.put('-');
    }
    double magnitude = Math.abs(value);
    if (!writeScaled(magnitude, 0, out)
        && !writeScaled(magnitude, 3, out)
        && !writeScaled(magnitude, 6, out)) {
      writeShortest(magnitude, out);
    }
  }

  /** Writes a magnitude of at most 15 digits, that many of them decimals; false if it has more. */
  private static boolean writeScaled(double magnitude, int decimals, ExpositionBuffer out) {
    double scaled = magnitude * EXACT_POWERS[decimals];
    if (scaled >= SAFE_MANTISSA) {
      return false;
    }
    long mantissa = Math.round(scaled);
    if (mantissa == 0 || mantissa / EXACT_POWERS[decimals] != magnitude) {
      return false;
    }
    writeDecimal(mantissa, -decimals, out);
    return true;
  }

  private static void writeShortest(double magnitude, ExpositionBuffer out) {
    String text = Double.toString(magnitude);
    int exponent = 0;
    int end = text.indexOf('E');
    if (end < 0) {
      end = text.length();
    } else {
      exponent = Integer.parseInt(text, end + 1, text.length(), 10);
    }
    int dot = text.indexOf('.');
    long mantissa = 0;
    for (int i = 0; i < end; i++) {
      if (i != dot) {
        mantissa = 10 * mantissa + text.charAt(i) - '0';
      }
    }
    exponent -= end - dot - 1;
    // Java never writes fewer than two digits, where one says the same in the smallest doubles.
    if (magnitude < Double.MIN_NORMAL && mantissa < 100) {
      long oneDigit = (mantissa + 5) / 10;
      if (Double.parseDouble(oneDigit + "e" + (exponent + 1)) == magnitude) {
        mantissa = oneDigit;
        exponent++;
      }
    }
    writeDecimal(mantissa, exponent, out);
  }

  /** Writes {@code mantissa} times ten to the {@code exponent}; the mantissa is above 0. */
  private static void writeDecimal(long mantissa, int exponent, ExpositionBuffer out) {
    long digits = mantissa;
    int power = exponent;
    while (digits % 10 == 0) {
      digits /= 10;
      power++;
    }
    int count = countDigits(digits);
    int leading = count + power - 1;
    if (leading < MIN_PLAIN_EXPONENT || leading > MAX_PLAIN_EXPONENT) {
      writeWithDot(digits, count, count - 1, out);
      out.put('e');
      out.put(leading < 0 ? '-' : '+');
      int size = Math.abs(leading);
      out.putDigits(size, size < 100 ? 2 : 3);
    } else if (power >= 0) {
      out.putDigits(digits * LONG_POWERS[power], count + power);
    } else {
      writeWithDot(digits, count, -power, out);
    }
  }

  /** Writes digits with a dot before the last {@code decimals} of them. */
  private static void writeWithDot(long digits, int count, int decimals, ExpositionBuffer out) {
    long whole = decimals < LONG_POWERS.length ? digits / LONG_POWERS[decimals] : 0;
    out.putDigits(whole, Math.max(1, count - decimals));
    if (decimals > 0) {
      out.put('.');
      out.putDigits(digits, decimals);
    }
  }

  private static int countDigits(long number) {
    int count = 1;
    while (count < LONG_POWERS.length && number >= LONG_POWERS[count]) {
      count++;
    }
    return count;
  }
}
