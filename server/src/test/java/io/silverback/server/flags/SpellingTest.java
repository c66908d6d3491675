package io.silverback.server.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SpellingTest {
  @ParameterizedTest
  @CsvSource({
    "--web.listen-adress=:1, --web.listen-address",
    "--persistence.flie=x, --persistence.file",
    "--web.enable_admin_api, --web.enable-admin-api",
    "--no-web.enable-lifecycel, --no-web.enable-lifecycle",
    "--max-memory=1GiB, --storage.max-memory",
    "--hepl, --help",
  })
  void aFlagThatIsNearlyRightIsGuessed(String argument, String meant) {
    var refused =
        assertThrows(StartUpException.class, () -> Flags.parse(List.of(argument), Map.of()));

    assertEquals(
        "unknown long flag '"
            + argument.split("=", 2)[0]
            + "', try --help; did you mean "
            + meant
            + "?",
        refused.getMessage());
  }

  @Test
  @Timeout(20)
  void aNameOfAnyLengthCostsLittle() {
    String argument = "--" + "x".repeat(2_000_000);
    var refused =
        assertThrows(StartUpException.class, () -> Flags.parse(List.of(argument), Map.of()));

    assertEquals("unknown long flag '" + argument + "', try --help", refused.getMessage());
  }

  @Test
  void lettersThatChangedPlacesAreOneMistake() {
    assertEquals(1, Spelling.distance("flie", "file"));
    assertEquals(2, Spelling.distance("", "ab"));
    assertEquals(3, Spelling.distance("kitten", "sitting"));
  }
}
