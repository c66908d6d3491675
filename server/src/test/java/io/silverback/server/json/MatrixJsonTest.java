package io.silverback.server.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The spellings are those of Prometheus. */
final class MatrixJsonTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, -0",
    "1, 1",
    "-1.5, -1.5",
    "0.1, 0.1",
    "1e6, 1000000",
    "-1e6, -1000000",
    "123456789.125, 123456789.125",
    "1.795308281153e9, 1795308281.153",
    "1e20, 100000000000000000000",
    "1.2345678901234567e20, 123456789012345670000",
    "9.99e20, 999000000000000000000",
    "1e21, 1e+21",
    "1.5e300, 1.5e+300",
    "0.00001, 0.00001",
    "1.5e-6, 0.0000015",
    "1e-6, 0.000001",
    "9.9e-7, 9.9e-07",
    "4.9e-324, 5e-324",
    "NaN, NaN",
    "Infinity, +Inf",
    "-Infinity, -Inf",
  })
  void numbersHaveAnExponentOnlyWhereTheyAreVeryLargeOrSmall(double value, String text) {
    assertEquals(text, MatrixJson.number(value));
  }

  @ParameterizedTest
  @CsvSource({
    "1700000000123, 1700000000.123",
    "1700000000120, 1700000000.120",
    "1700000000000, 1700000000",
    "1, 0.001",
    "0, 0",
    "-500, -0.500",
    "-1500, -1.500",
    "-2000, -2",
    "9223372036854775807, 9223372036854775.807",
    "-9223372036854775808, -9223372036854775.808",
  })
  void timesHaveThreeDecimalsOrNone(long millis, String text) {
    assertEquals(text, MatrixJson.seconds(millis));
  }
}
