package io.silverback.server.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class QueryTimeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0",
        "1700000000 | 1700000000000",
        "1700000000.123 | 1700000000123",
        "1700000000.1239 | 1700000000124",
        "1.7e9 | 1700000000000",
        "+5 | 5000",
        "-0.5 | -500",
        "inf | 9223372036854775807",
        "-inf | -9223372036854775808",
        "1e300 | 9223372036854775807",
        "2023-11-14T22:13:20Z | 1700000000000",
        "2023-11-14T22:13:20.1Z | 1700000000100",
        "2023-11-14T23:13:20.123456789+01:00 | 1700000000123",
        "1969-12-31T23:59:59.9999Z | -1",
        "-292275055-05-16T16:47:04Z | -9223372036854775808",
        "+999999999-12-31T23:59:59Z | 9223372036854775807",
      })
  void secondsAndRfc3339AreTimes(String text, long millis) {
    assertEquals(OptionalLong.of(millis), QueryTime.parseMillis(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "now",
        "nan",
        "0x10",
        "1e400",
        "5m",
        "2023-11-14",
        "2023-11-14T22:13Z",
        "2023-11-14T22:13:20",
        "2023-11-14t22:13:20z",
        "2023-02-30T00:00:00Z",
        "2023-11-14T24:00:00Z",
        "2023-11-14 22:13:20Z",
      })
  void allElseIsNone(String text) {
    assertEquals(OptionalLong.empty(), QueryTime.parseMillis(text));
  }
}
