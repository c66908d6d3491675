package io.silverback.codec.exposition;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** The fewest digits that mean one number, spelled as Go's {@code 'g'} format does. */
final class ShortestDecimal {
  private static final int LEAST_PLAIN_EXPONENT = -4;
  private static final int LEAST_HIGH_EXPONENT = 6;

  /** Below this a number may have so few bits that one digit tells it. */
  private static final double SPARSE = 1e-320;

  private static final MathContext ONE_DIGIT = new MathContext(1, RoundingMode.HALF_EVEN);

  private ShortestDecimal() {}

  /** The text of a number that is finite. */
  static String of(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e6) {
      return value == 0 && 1 / value < 0 ? "-0" : Long.toString((long) value);
    }
    double magnitude = Math.abs(value);
    var decimal = new BigDecimal(Double.toString(magnitude)).stripTrailingZeros();
    if (magnitude < SPARSE) {
      // Double.toString gives two digits where one would do: 4.9E-324 for 5e-324.
      BigDecimal shorter = decimal.round(ONE_DIGIT);
      decimal = shorter.doubleValue() == magnitude ? shorter.stripTrailingZeros() : decimal;
    }
    String sign = value < 0 ? "-" : "";
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= LEAST_PLAIN_EXPONENT && exponent < LEAST_HIGH_EXPONENT) {
      return sign + decimal.toPlainString();
    }
    String digits = decimal.unscaledValue().toString();
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    String exponentDigits = Integer.toString(Math.abs(exponent));
    return sign
        + mantissa
        + (exponent < 0 ? "e-" : "e+")
        + (exponentDigits.length() == 1 ? "0" : "")
        + exponentDigits;
  }
}
