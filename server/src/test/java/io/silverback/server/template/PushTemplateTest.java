package io.silverback.server.template;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.exposition.TextTemplate;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.Extras;
import io.silverback.codec.row.GroupShape;
import io.silverback.server.group.GroupState.VersionedFamily;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.GroupUpdater;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** A template reads what the parser reads, or leaves it to the parser. */
final class PushTemplateTest {
  private static final long SEED = Long.getLong("template.seed", 20_261_130);
  private static final int BODIES = Integer.getInteger("template.bodies", 400);

  private static final Stamp SOME_PUSH = new Stamp(new Version(0, 7, 0), 7);
  private static final TextParser PARSER = new TextParser(NameValidation.UTF8);
  private static final GroupingKey KEY = GroupingKey.of("j", "l2", "x");

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
        agrees(template.get(), edited(body));
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

  /** Of what a template reads, the parser has to make the same; true if the template read it. */
  private boolean agrees(PushTemplate template, byte[] body) {
    Optional<PushTemplate.Values> values = template.read(body, body.length);
    if (values.isEmpty()) {
      return false;
    }
    String text = new String(body, StandardCharsets.UTF_8) + "\nseed " + SEED;
    Row expected = parsed(body).orElseThrow(() -> new AssertionError("not for columns: " + text));
    assertEquals(expected.shape(), values.get().shape(), text);
    assertArrayEquals(bytes(expected.words()), bytes(values.get().words()), text);
    return true;
  }

  private record Row(Fingerprint shape, DirectBuffer words) {}

  private static Optional<Row> parsed(byte[] body) {
    ParsedExposition exposition;
    try {
      exposition = PARSER.parse(body, body.length);
    } catch (MalformedExpositionException _) {
      return Optional.empty();
    }
    List<MetricFamily> families =
        GroupUpdater.effectOf(new GroupUpdate.Replace(KEY, exposition), SOME_PUSH)
            .families()
            .values()
            .stream()
            .map(VersionedFamily::family)
            .toList();
    if (exposition.timestamped() || !Extras.of(families).isEmpty()) {
      return Optional.empty();
    }
    GroupShape shape = GroupShape.of(KEY, families);
    var words = new UnsafeBuffer(new byte[shape.columnCount() * Long.BYTES]);
    GroupShape.writeValues(families, words);
    return Optional.of(new Row(shape.fingerprint(), words));
  }

  private static Optional<PushTemplate> learn(byte[] body) {
    return TextTemplate.Outline.of(body, body.length)
        .filter(_ -> parsed(body).isPresent())
        .flatMap(
            outline ->
                PushTemplate.learn(
                    KEY, body, outline, numbered -> PARSER.parse(numbered, numbered.length)));
  }

  private byte[] edited(byte[] body) {
    int at = random.nextInt(body.length);
    return switch (random.nextInt(4)) {
      case 0 -> {
        byte[] other = body.clone();
        other[at] = (byte) (random.nextBoolean() ? other[at] ^ 1 << random.nextInt(8) : '\n');
        yield other;
      }
      case 1 -> concat(Arrays.copyOf(body, at), Arrays.copyOfRange(body, at + 1, body.length));
      case 2 ->
          concat(
              Arrays.copyOf(body, at),
              concat(new byte[] {body[random.nextInt(body.length)]}, rest(body, at)));
      default -> {
        int other = random.nextInt(body.length);
        int from = Math.min(at, other);
        int to = Math.max(at, other);
        yield concat(
            Arrays.copyOf(body, from), concat(rest(body, to), Arrays.copyOfRange(body, from, to)));
      }
    };
  }

  private static byte[] rest(byte[] body, int from) {
    return Arrays.copyOfRange(body, from, body.length);
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(DirectBuffer words) {
    byte[] copy = new byte[words.capacity()];
    words.getBytes(0, copy);
    return copy;
  }
}
