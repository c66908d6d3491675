package io.silverback.server.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A template reads what the parser of protobuf reads, or leaves it to the parser. */
final class ProtobufPushTemplateTest {
  private static final long SEED = Long.getLong("template.seed", 20_261_201);
  private static final int BODIES = Integer.getInteger("template.bodies", 2_000);
  private static final ParserOracle ORACLE = new ParserOracle(true);

  /** Family of name a, type gauge, with one metric without labels and the value 1. */
  private static final String GAUGE = "12 0a0161 1801 220b 1209 09000000000000f03f";

  /** Family of name a, type histogram, with the count 3, and a bucket of 1 up to 2. */
  private static final String HISTOGRAM =
      "21 0a0161 1804 221a 3a18 0803 11000000000000e03f 1a0b 0801 110000000000000040";

  private final Random random = new Random(SEED);

  @Test
  void readsOtherNumbersAsTheParserDoes() {
    int learned = 0;
    int read = 0;
    for (int i = 0; i < BODIES; i++) {
      long structure = random.nextLong();
      byte[] body = RandomMessages.body(structure, random, false);
      Optional<PushTemplate> template = ORACLE.learn(body);
      learned += template.isPresent() ? 1 : 0;
      for (int round = 0; round < 8 && template.isPresent(); round++) {
        byte[] other = RandomMessages.body(structure, random, /* anySpelling= */ round > 3);
        boolean isRead = agrees(template.get(), other);
        assertTrue(isRead || round > 3, () -> "was left to the parser: " + hex(other));
        read += isRead ? 1 : 0;
      }
    }
    assertTrue(learned > BODIES / 3, "bodies that have a template: " + learned);
    assertTrue(read > 5 * learned, "bodies that no parser had to read: " + read);
  }

  @Test
  void leavesToTheParserWhatIsNotTheSame() {
    for (int i = 0; i < BODIES; i++) {
      byte[] body = RandomMessages.body(random.nextLong(), random, random.nextBoolean());
      Optional<PushTemplate> template = ORACLE.learn(body);
      for (int edit = 0; edit < 40 && template.isPresent(); edit++) {
        agrees(template.get(), Edits.edited(body, random));
      }
    }
  }

  @Test
  void readsNoBodyThatIsCutOffAndNoneThatGoesOn() {
    for (String text : new String[] {GAUGE, HISTOGRAM, GAUGE + HISTOGRAM.replace("0161", "0162")}) {
      byte[] body = bytes(text);
      PushTemplate template = ORACLE.learn(body).orElseThrow();

      for (int length = 0; length < body.length; length++) {
        assertFalse(template.read(body, length).isPresent(), "length " + length);
        byte[] cut = Arrays.copyOf(body, length);
        assertFalse(template.read(cut, length).isPresent(), "length " + length);
      }
      assertTrue(template.read(Arrays.copyOf(body, 300), body.length).isPresent());
      assertFalse(template.read(Arrays.copyOf(body, 300), body.length + 1).isPresent());
    }
  }

  @Test
  void aLengthThatLeadsElsewhereIsNoLength() {
    byte[] body = bytes(HISTOGRAM);
    PushTemplate template = ORACLE.learn(body).orElseThrow();
    int read = 0;
    for (int at = 0; at < body.length; at++) {
      for (int value = 0; value < 256; value++) {
        byte[] other = body.clone();
        other[at] = (byte) value;
        read += agrees(template, other) ? 1 : 0;
      }
    }
    // The sum has eight bytes with 256 values, and each of two counts has one with 128.
    assertEquals(8 * 256 + 2 * 128 + body.length - 10, read);
    for (String huge : new String[] {"ffffffff0f", "ffffffff7f", "ffffffffffffffffff01", "8080"}) {
      byte[] other = bytes(huge + HISTOGRAM.substring(2));
      assertFalse(template.read(other, other.length).isPresent(), huge);
    }
  }

  @Test
  void whenAMetricWasCreatedIsKept() {
    String created = "18 0a0161 1800 2211 1a0f 09000000000000f03f 1a04 0880bc10";
    PushTemplate template = ORACLE.learn(bytes(created)).orElseThrow();

    assertTrue(agrees(template, bytes(created.replace("f03f", "0040"))));
    assertFalse(agrees(template, bytes(created.replace("bc10", "bc11"))), "another process");
  }

  @Test
  void whatColumnsDoNotSayIsParsed() {
    assertEquals(
        Optional.empty(),
        ORACLE.learn(bytes("1b 0a0161 1801 2214 1212 09000000000000f03f 09000000000000f03f")),
        "the same number twice");
    assertEquals(
        Optional.empty(),
        ORACLE.learn(bytes(GAUGE + GAUGE)),
        "of two families with one name the last counts");
    PushTemplate counts = ORACLE.learn(bytes(HISTOGRAM)).orElseThrow();
    byte[] huge =
        bytes(
            "29 0a0161 1804 2222 3a20 08ffffffffffffffff7f 11000000000000e03f"
                + "1a0b 0801 110000000000000040");
    assertFalse(counts.read(huge, huge.length).isPresent(), "a count that is no double");
  }

  private boolean agrees(PushTemplate template, byte[] body) {
    return ORACLE.agrees(template, body, hex(body) + "\nseed " + SEED);
  }

  private static String hex(byte[] body) {
    return HexFormat.of().formatHex(body);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
