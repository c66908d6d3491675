package io.silverback.server.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HelpTextTest {
  @ParameterizedTest
  @CsvSource({"'', 80", "60, 60", "89, 89", "90, 90", "132, 132", "9999, 140", "1, 60", "x, 80"})
  void noLineIsLongerThanTheTerminalAndNoWordIsBroken(String columns, int most) {
    String help = HelpText.of(Map.of("COLUMNS", columns));

    help.lines().forEach(line -> assertTrue(line.length() <= most, line));
    String words = String.join(" ", help.strip().split("\\s+"));
    for (Flag<?> flag : Flags.TABLE) {
      assertTrue(words.contains(flag.name()), flag.name());
      assertTrue(words.contains(flag.help()), flag.help());
    }
  }

  @Test
  void aWideTerminalHasTwoColumns() {
    String help = HelpText.of(Map.of("COLUMNS", "100"));

    assertTrue(help.contains("  --log.format=VALUE                      How to log: "), help);
    assertTrue(help.contains("\nCluster:\n  --cluster.listen-address=VALUE"), help);
  }

  @ParameterizedTest
  @CsvSource({"help", "-h", "--help", "--help-long", "--help-man"})
  void helpIsGivenWhateverItIsCalled(String argument) {
    var help = assertInstanceOf(Flags.Request.Help.class, Flags.parse(List.of(argument), Map.of()));

    assertEquals(HelpText.of(Map.of()), help.text());
  }

  @ParameterizedTest
  @CsvSource({"version", "-v", "--version"})
  void theVersionIsGivenWhateverItIsCalled(String argument) {
    assertInstanceOf(Flags.Request.ShowVersion.class, Flags.parse(List.of(argument), Map.of()));
  }
}
