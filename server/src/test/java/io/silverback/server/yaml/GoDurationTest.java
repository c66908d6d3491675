package io.silverback.server.yaml;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1h, 3600000000000",
    "1m30s, 90000000000",
    "500ms, 500000000",
    "0.5s, 500000000",
    ".5s, 500000000",
    "5.s, 5000000000",
    "1us, 1000",
    "1\u00b5s, 1000",
    "1\u03bcs, 1000",
    "+2ns, 2",
    "-2ns, -2",
    "1.9ns, 1",
    "2562047h47m16.854775807s, 9223372036854775807"
  })
  void readsWhatGoReads(String text, long nanos) {
    assertEquals(Optional.of(Duration.ofNanos(nanos)), GoDuration.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "1",
        "s",
        "1 s",
        "1d",
        "1s ",
        ".s",
        "1ss",
        "1h-1m",
        "2562047h47m16.854775808s",
        "99999999999999999999999999999999999999999999999999999999999999999999ns"
      })
  void refusesWhatGoRefuses(String text) {
    assertEquals(Optional.empty(), GoDuration.parse(text));
  }
}
