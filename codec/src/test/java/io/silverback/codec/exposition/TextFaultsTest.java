package io.silverback.codec.exposition;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TextFaultsTest {
  private static final int MOST = 20;

  private final TextParser parser = new TextParser(NameValidation.LEGACY);

  @Test
  void eachLineTellsItsOwnFault() {
    assertEquals(
        List.of(
            "1:3 expected float as value, got \"one\"",
            "3:4 expected '=' after label name, found '}'",
            "4:10 unknown metric type \"guage\"",
            "6:5 expected '\"' at start of label value, found 'h'",
            "7:7 invalid escape sequence '\\x'",
            "9:7 unexpected end of input stream"),
        told(
            """
            a one
            b 1
            c{d} 1
            # TYPE e guage
            # any comment
            f{g=h} 1
            i{j="\\x"} 1
            k{l="é"} 2
            m{n="o\
            """));
  }

  @Test
  void aColumnCountsCharacters() {
    assertEquals(List.of("1:11 expected float as value, got \"x\""), told("a{b=\"é€\"} x\n"));
  }

  @Test
  void aBodyWithoutAFaultTellsNone() {
    assertEquals(List.of(), told("a 1\nb{c=\"d\"} 2\n"));
    assertEquals(List.of(), told(""));
  }

  @Test
  void itEndsWhenNoMoreAreWanted() {
    assertEquals(MOST, told("a b\n".repeat(100)).size());
  }

  @Test
  void theFirstFaultIsThatOfThePushWhereverABodyIsCutOrChanged() {
    byte[] body =
        """
        # HELP a What \\\\ it \\n is.
        # TYPE a histogram
        a_bucket{x="\\"é\\\\",le="1"} 2 1
        a_count 2
        {"b","c"="d"} 7
        """
            .getBytes(UTF_8);
    long seed = new Random().nextLong();
    System.out.println("seed=" + seed);
    var random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] hostile = Arrays.copyOf(body, i < body.length ? i : body.length);
      for (int change = i < body.length ? 0 : 1 + random.nextInt(3); change > 0; change--) {
        hostile[random.nextInt(hostile.length)] =
            (byte) "\n \"\\{}=,#e1x\u0000".charAt(random.nextInt(13));
      }
      List<MalformedExpositionException> faults = faults(hostile);
      if (faults.isEmpty()) {
        parser.parse(hostile, hostile.length);
        continue;
      }
      var thrown =
          assertThrows(
              MalformedExpositionException.class, () -> parser.parse(hostile, hostile.length));
      assertEquals(thrown.getMessage(), faults.getFirst().getMessage());
      int last = 0;
      for (MalformedExpositionException fault : faults) {
        assertTrue(fault.line() > last, new String(hostile, UTF_8));
        assertTrue(fault.column() > 0 && fault.column() <= hostile.length + 1);
        last = fault.line();
      }
    }
  }

  private List<String> told(String body) {
    return faults(body.getBytes(UTF_8)).stream()
        .map(fault -> fault.line() + ":" + fault.column() + " " + fault.reason())
        .toList();
  }

  private List<MalformedExpositionException> faults(byte[] body) {
    var faults = new ArrayList<MalformedExpositionException>();
    parser.faults(
        body,
        body.length,
        fault -> {
          faults.add(fault);
          return faults.size() < MOST;
        });
    return faults;
  }
}
