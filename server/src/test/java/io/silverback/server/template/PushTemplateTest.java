package io.silverback.server.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A template reads what the parser reads, or leaves it to the parser. */
final class PushTemplateTest {
  private static final long SEED = Long.getLong("template.seed", 20_261_130);
  private static final int BODIES = Integer.getInteger("template.bodies", 400);

  private static final ParserOracle ORACLE = new ParserOracle(false);

  private final Random random = new Random(SEED);

  @Test
  void readsOtherNumbersAsTheParserDoes() {
    int read = 0;
    for (int i = 0; i < BODIES; i++) {
      var body = new RandomBody(random);
      Optional<PushTemplate> template = learn(body.bytes());
      for (int round = 0; round < 8 && template.isPresent(); round++) {
        read += agrees(template.get(), body.revalued(/* anySpelling= */ round > 3)) ? 1 : 0;
      }
    }
    assertTrue(read > BODIES, "bodies that no parser had to read: " + read + ", seed " + SEED);
  }

  @Test
  void leavesToTheParserWhatIsNotTheSameText() {
    for (int i = 0; i < BODIES; i++) {
      byte[] body = new RandomBody(random).bytes();
      Optional<PushTemplate> template = learn(body);
      for (int edit = 0; edit < 40 && template.isPresent(); edit++) {
        agrees(template.get(), Edits.edited(body, random));
      }
    }
  }

  @Test
  void readsNoBodyThatIsCutOff() {
    byte[] body = "# TYPE a counter\na{x=\"1\"} 12\nb 3.5\n".getBytes(StandardCharsets.UTF_8);
    PushTemplate template = learn(body).orElseThrow();

    for (int length = 0; length < body.length; length++) {
      assertFalse(template.read(body, length).isPresent(), "length " + length);
    }
    assertTrue(template.read(Arrays.copyOf(body, 100), body.length).isPresent());
  }

  @Test
  void aLabelIsNoNumberOfALine() {
    PushTemplate template = learn(bytes("a{v=\"1\"} 1\n")).orElseThrow();

    assertFalse(template.read(bytes("a{v=\"2\"} 1\n"), 11).isPresent());
    assertTrue(template.read(bytes("a{v=\"1\"} 2\n"), 11).isPresent());
  }

  @Test
  void whatColumnsDoNotSayIsParsed() {
    assertEquals(Optional.empty(), learn(bytes("a 1 1700000000000\n")), "a timestamp");
    assertEquals(Optional.empty(), learn(bytes("push_time_seconds 1\nb 1\n")), "a push time");
    assertEquals(
        Optional.empty(),
        learn(bytes("# TYPE s summary\ns_sum 1\ns_sum 2\n")),
        "the same number twice");
    PushTemplate counts = learn(bytes("# TYPE s summary\ns_sum 1\ns_count 2\n")).orElseThrow();
    for (String count : List.of("1.5", "-1", "1e300", "NaN")) {
      byte[] body = bytes("# TYPE s summary\ns_sum 1\ns_count " + count + "\n");
      assertFalse(counts.read(body, body.length).isPresent(), "a count of " + count);
    }
  }

  private boolean agrees(PushTemplate template, byte[] body) {
    return ORACLE.agrees(
        template, body, new String(body, StandardCharsets.UTF_8) + "\nseed " + SEED);
  }

  private static Optional<PushTemplate> learn(byte[] body) {
    return ORACLE.learn(body);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
