package io.silverback.codec.exposition;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalDouble;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoNumbersTest {

  private static String written(double value) {
    var out = new ExpositionBuffer(1);
    GoNumbers.write(value, out);
    return out.toString();
  }

  /** Pairs of a Java literal and what Go's {@code %v} prints for it. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "-1, -1",
    "10, 10",
    "100000, 100000",
    "123456, 123456",
    "999999, 999999",
    "1000000, 1e+06",
    "1234567, 1.234567e+06",
    "-1756047.3, -1.7560473e+06",
    "20000000000, 2e+10",
    "1e15, 1e+15",
    "1e21, 1e+21",
    "1e22, 1e+22",
    "1e23, 1e+23",
    "1e100, 1e+100",
    "9007199254740993, 9.007199254740992e+15",
    "18446744073709551615, 1.8446744073709552e+19",
    "1795296070.086297, 1.795296070086297e+09",
    "0.5, 0.5",
    "0.1, 0.1",
    "-3.25, -3.25",
    "172.8, 172.8",
    "0.001, 0.001",
    "0.0001, 0.0001",
    "0.00012345, 0.00012345",
    "0.00001, 1e-05",
    "0.0000125, 1.25e-05",
    "1e-7, 1e-07",
    "0.30000000000000004, 0.30000000000000004",
    "0.000123456789012345678, 0.00012345678901234567",
    "123456.789012345, 123456.789012345",
    "3.14e+42, 3.14e+42",
    "5.684341886080802e-14, 5.684341886080802e-14",
    "1.7976931348623157e308, 1.7976931348623157e+308",
    "2.2250738585072014e-308, 2.2250738585072014e-308",
    "4.9e-324, 5e-324",
    "9.9e-324, 1e-323",
    "1.5e-323, 1.5e-323",
    "2e-323, 2e-323",
    "4.9e-323, 5e-323",
    "NaN, NaN",
    "Infinity, +Inf",
    "-Infinity, -Inf",
    "0, 0"
  })
  void doubleIsWrittenAsGoWritesIt(double value, String text) {
    assertEquals(text, written(value));
    assertEquals(text, GoNumbers.toString(value));
  }

  @Example
  void negativeZeroShowsItsSignOnlyInJson() {
    assertEquals("0", written(-0.0));
    assertEquals("-0", GoNumbers.toString(-0.0));
  }

  @Property
  void anyDoubleReadsBackTheSame(@ForAll long bits) {
    assertReadsBack(Double.longBitsToDouble(bits));
  }

  @Property
  void shortDecimalReadsBackTheSame(@ForAll int mantissa, @ForAll byte places) {
    assertReadsBack(mantissa / Math.pow(10, places >> 4));
  }

  private static void assertReadsBack(double value) {
    String text = written(value);
    byte[] bytes = text.getBytes(UTF_8);
    assertEquals(
        OptionalDouble.of(value == 0 ? 0 : value),
        GoNumbers.parseDouble(bytes, 0, bytes.length),
        text);
    String digits = text.replaceAll("e.*|[-+.]", "");
    assertTrue(digits.length() <= 17 + 4, text);
  }

  @Property
  void digitsAreNoMoreThanJavaNeeds(@ForAll long bits) {
    double value = Double.longBitsToDouble(bits);
    if (Double.isFinite(value)) {
      assertTrue(significant(written(value)) <= significant(Double.toString(value)));
    }
  }

  private static int significant(String number) {
    String digits = number.replaceAll("[eE].*|[-+.]", "");
    return digits.replaceAll("^0+|0+$", "").length();
  }

  @Property
  void anyDecimalReadsAsJavaReadsIt(
      @ForAll long mantissa, @ForAll byte exponent, @ForAll boolean dot) {
    String digits = Long.toString(mantissa);
    String text =
        (dot && mantissa > 9 ? digits.charAt(0) + "." + digits.substring(1) : digits)
            + (exponent == 0 ? "" : "e" + exponent);
    assertEquals(OptionalDouble.of(Double.parseDouble(text)), GoNumbers.parseDouble(text), text);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "+1, 1",
    "-0, -0.0",
    "08, 8",
    "5., 5",
    ".5, 0.5",
    "-.5E+1, -5",
    "1e-400, 0",
    "-1e-400, -0.0",
    "0e999999999999, 0",
    "1e-999999999999, 0",
    "1.7976931348623157e308, 1.7976931348623157e308",
    "0.00000000000000000000000000000000001, 1e-35",
    "179769313486231570000000000000000000000, 1.7976931348623157e38",
    "inf, Infinity",
    "+InF, Infinity",
    "-Infinity, -Infinity",
    "iNFINITY, Infinity",
    "nAn, NaN"
  })
  void numberIsReadAsGoReadsIt(String text, double value) {
    assertEquals(OptionalDouble.of(value), GoNumbers.parseDouble(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "+",
        "-",
        ".",
        "-.",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e1.5",
        "1.2.3",
        "--1",
        "+-1",
        "1 ",
        " 1",
        "1f",
        "1d",
        "1e5f",
        "0x10",
        "0x1p-3",
        "0X1",
        "0b1",
        "0o7",
        "1_000",
        "1p3",
        "1e400",
        "-1e400",
        "1e999999999999",
        "+nan",
        "-NaN",
        "infi",
        "infinityx",
        "in",
        "nanx",
        "ınf",
        "１"
      })
  void whatGoRefusesIsNoNumber(String text) {
    assertEquals(OptionalDouble.empty(), GoNumbers.parseDouble(text));
  }

  @ParameterizedTest
  @CsvSource({
    "0, true",
    "-0, true",
    "+7, true",
    "0000000000000000000000000000001, true",
    "9223372036854775807, true",
    "-9223372036854775808, true",
    "9223372036854775808, false",
    "-9223372036854775809, false",
    "9999999999999999999, false",
    "18446744073709551616, false",
    "'', false",
    "-, false",
    "1.0, false",
    "1e3, false",
    "1_0, false"
  })
  void timestampMustFitInto64Bits(String text, boolean fits) {
    byte[] bytes = text.getBytes(UTF_8);
    assertEquals(fits, GoNumbers.isLong(bytes, 0, bytes.length));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "9223372036854775807, 9.223372036854775807e18",
    "9223372036854775808, 9223372036854775808",
    "9223372036854776833, 9223372036854777856",
    "18446744073709551615, 18446744073709551616"
  })
  void unsignedNumberBecomesTheNearestDouble(String unsigned, double value) {
    long number = Long.parseUnsignedLong(unsigned);
    assertEquals(value, GoNumbers.toDouble(number));
    assertEquals(unsigned, GoNumbers.toString(number));
  }
}
