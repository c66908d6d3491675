package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Expositions.parse;
import static io.silverback.codec.exposition.Expositions.render;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TextParserHostileTest {
  private static final Duration ENOUGH = Duration.ofSeconds(10);

  private static final byte[] BODY =
      """
      # HELP a doc\\n \\"x\\" \\\\ é
      # TYPE a counter
      a{l="v\\"\\n",m="ü"} 1.5e-3 123
      # TYPE h histogram
      h_bucket{le="1"} 1
      h_bucket{le="+Inf"} 2.5
      h_sum 3
      h_count 2.5
      # TYPE s summary
      s{quantile="0.5",k="w"} -1
      s_sum{k="w"} NaN
      s_count{k="w"} 7
      {"u.v","x.y"="z",} 1e300
      {b="c",plain} 0
      """
          .getBytes(UTF_8);

  /** Parses; what comes out must be families that can be shown and read, or the exception. */
  private static void parseOrRefuse(NameValidation names, byte[] body) {
    ParsedExposition parsed;
    try {
      parsed = parse(names, body);
    } catch (MalformedExpositionException refusal) {
      String message = String.valueOf(refusal.getMessage());
      assertTrue(message.startsWith("text format parsing error in line "), message);
      return;
    }
    String shown = render(parsed.families());
    ParsedExposition again = parse(NameValidation.UTF8, shown.getBytes(UTF_8));
    assertEquals(parsed.families().size(), again.families().size(), shown);
  }

  @ParameterizedTest
  @EnumSource
  void everyTruncationIsRefusedOrValid(NameValidation names) {
    for (int length = 0; length < BODY.length; length++) {
      parseOrRefuse(names, Arrays.copyOf(BODY, length));
    }
  }

  @Test
  void truncationInsideALineIsAPrematureEnd() {
    for (int length = 1; length < BODY.length; length++) {
      if (BODY[length - 1] == '\n') {
        continue;
      }
      byte[] truncated = Arrays.copyOf(BODY, length);
      var refusal =
          assertThrows(
              MalformedExpositionException.class, () -> parse(NameValidation.UTF8, truncated));
      assertTrue(String.valueOf(refusal.getMessage()).endsWith("unexpected end of input stream"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyByteReplacedIsRefusedOrValid(NameValidation names) {
    byte[] likely = "\"\\\n{}=,#_ \t0a.e:+\0\u007f".getBytes(UTF_8);
    for (int at = 0; at < BODY.length; at++) {
      for (byte replacement : likely) {
        byte[] changed = BODY.clone();
        changed[at] = replacement;
        parseOrRefuse(names, changed);
      }
    }
  }

  @Property(tries = 2000)
  void randomByteFlipsAreRefusedOrValid(@ForAll long seed) {
    var random = new Random(seed);
    byte[] changed = BODY.clone();
    for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
      changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
    }
    parseOrRefuse(NameValidation.UTF8, changed);
  }

  @Property(tries = 500)
  void randomBytesAreRefusedOrValid(@ForAll byte[] body) {
    parseOrRefuse(NameValidation.UTF8, body);
    parseOrRefuse(NameValidation.LEGACY, body);
  }

  @Test
  void veryManyLabelsTakeLinearTime() {
    int count = 200_000;
    var body = new StringBuilder("a{");
    for (int i = count; i > 0; i--) {
      body.append('l').append(i).append("=\"v\",");
    }
    body.append("} 1\n");
    for (int i = 0; i < 20_000; i++) {
      body.append("b{");
      for (char c = 'a'; c < 't'; c++) {
        body.append(c).append("=\"1\",");
      }
      body.append("} 1\n");
    }
    ParsedExposition parsed =
        assertTimeoutPreemptively(
            ENOUGH, () -> parse(NameValidation.LEGACY, body.toString().getBytes(UTF_8)));
    assertEquals(count, parsed.families().getFirst().metrics().getFirst().labels().size());
  }

  @Test
  void veryManyNamesOfOneHashTakeLinearTime() {
    var body = new StringBuilder();
    for (int i = 0; i < 1 << 15; i++) {
      for (int bit = 0; bit < 15; bit++) {
        // Both pairs have the same hash code.
        body.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      body.append(" 1\n");
    }
    ParsedExposition parsed =
        assertTimeoutPreemptively(
            ENOUGH, () -> parse(NameValidation.LEGACY, body.toString().getBytes(UTF_8)));
    assertEquals(1 << 15, parsed.families().size());
  }

  @Test
  void veryLongTokensTakeLinearTime() {
    String digits = "1".repeat(300_000);
    String body =
        "# HELP a "
            + "\\\\".repeat(1_000_000)
            + "\na{l=\""
            + "\\n".repeat(1_000_000)
            + "\"} 0."
            + digits
            + "\n{\""
            + "é".repeat(1_000_000)
            + "\"} "
            + digits
            + "e-300000\n"
            + " ".repeat(1_000_000)
            + "\n".repeat(1_000_000);
    ParsedExposition parsed =
        assertTimeoutPreemptively(ENOUGH, () -> parse(NameValidation.UTF8, body.getBytes(UTF_8)));
    assertEquals(2, parsed.families().size());
    assertEquals(1_000_000, parsed.families().getFirst().help().length());
  }
}
