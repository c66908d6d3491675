package io.silverback.codec.exposition;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A body in pieces says what it says as a whole, or is wrong in the same words. */
final class ExpositionReadingTest {
  private static final int ROUNDS = 4_000;
  private static final List<String> LINES =
      List.of(
          "# HELP a some \\n help\n",
          "# TYPE a counter\n",
          "# TYPE h histogram\n",
          "# TYPE s summary\n",
          "# a comment\n",
          "#\n",
          "\n",
          "  \t\n",
          "a 1\n",
          "a{x=\"1\"} 2 1500\n",
          "  a{x=\"\u00fc\\\"\"} NaN\n",
          "{\"a b\",x=\"1\"} 2\n",
          "h_bucket{le=\"1\"} 2\n",
          "h_count 3\n",
          "s{quantile=\"0.5\"} 2\n",
          "s_sum 3\n",
          "b{long=\"" + "v".repeat(300) + "\"} 1\n");
  private static final List<String> FAULTS =
      List.of(
          "a{ 1\n",
          "9 1\n",
          "a x\n",
          "a{x=\"1\",x=\"2\"} 1\n",
          "a 1",
          "a{x=\"",
          "# HELP a",
          "\u0000");

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private final TextParser text = new TextParser(NameValidation.UTF8);
  private final ProtobufParser protobuf = new ProtobufParser();

  @Test
  void linesInPiecesAreReadLikeTheWholeText() {
    for (int i = 0; i < ROUNDS; i++) {
      var body = new StringBuilder();
      for (int lines = random.nextInt(30); lines > 0; lines--) {
        body.append(LINES.get(random.nextInt(LINES.size())));
      }
      if (random.nextInt(3) == 0) {
        body.insert(endOfSomeLine(body), FAULTS.get(random.nextInt(FAULTS.size())));
      }
      byte[] bytes = body.toString().getBytes(UTF_8);
      assertSame(() -> text.parse(bytes, bytes.length), () -> inPieces(text.begin(0), bytes), body);
    }
  }

  @Test
  void aBodyThatIsCutAnywhereIsWrongInTheSameWords() {
    String body = String.join("", LINES);
    byte[] bytes = body.getBytes(UTF_8);
    for (int length = 0; length <= bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertSame(() -> text.parse(cut, cut.length), () -> inPieces(text.begin(0), cut), length);
    }
  }

  private int endOfSomeLine(StringBuilder body) {
    return body.indexOf("\n", random.nextInt(body.length() + 1)) + 1;
  }

  @Test
  void messagesInPiecesAreReadLikeTheWholeBody() {
    for (int i = 0; i < ROUNDS; i++) {
      var out = new ByteArrayOutputStream();
      for (int messages = random.nextInt(6); messages > 0; messages--) {
        out.writeBytes(message("m" + random.nextInt(3)));
      }
      byte[] bytes = out.toByteArray();
      if (bytes.length > 0 && random.nextInt(3) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      byte[] body = bytes;
      assertSame(
          () -> protobuf.parse(body, body.length).families(),
          () -> inPieces(protobuf.begin(), body).families(),
          Arrays.toString(body));
    }
  }

  /** A family with one gauge. */
  private static byte[] message(String name) {
    byte[] family = ("\n\u0002" + name + "\u0018\u0001\"\u000b\u0012\t\t12345678").getBytes(UTF_8);
    var out = new ByteArrayOutputStream();
    out.write(family.length);
    out.writeBytes(family);
    return out.toByteArray();
  }

  /** Nothing is kept of comments, so a body of them alone is no burden however long it is. */
  @Test
  void commentsTakeNoMemoryAndSamplesTakeWhatTheyDoInTheWhole() {
    byte[] comments = "# nothing\n\n#\n".repeat(1_000).getBytes(UTF_8);
    ExpositionReading reading = text.begin(0);
    int end = reading.endOfPiece(comments, 0, comments.length);
    assertEquals(comments.length, end);
    assertTrue(reading.sizeOf(comments, 0, end) <= 1_000);
    byte[] samples = "a{x=\"1\"} 1\n# TYPE b counter\n".repeat(1_000).getBytes(UTF_8);
    assertEquals(
        ParsedSize.ofText(samples, samples.length), reading.sizeOf(samples, 0, samples.length));
    assertTrue(ParsedSize.ofText(samples, samples.length) > 1_000 * 1_000);
  }

  /** At places that the reading names, or before them. */
  private ParsedExposition inPieces(ExpositionReading reading, byte[] body) {
    int from = 0;
    while (true) {
      int here = from + random.nextInt(body.length - from + 1);
      int end = reading.endOfPiece(body, from, here);
      if (end >= 0 && end > from) {
        reading.read(body, from, end);
        from = end;
      } else if (here == body.length) {
        // As a window moves: what is left is at the front of another array.
        byte[] rest = Arrays.copyOfRange(body, from, body.length);
        reading.read(rest, 0, rest.length);
        return reading.end();
      }
    }
  }

  private void assertSame(Supplier<Object> whole, Supplier<Object> pieces, Object body) {
    assertEquals(outcome(whole), outcome(pieces), () -> "seed=" + seed + " body=" + body);
  }

  private static Object outcome(Supplier<Object> reading) {
    try {
      return reading.get();
    } catch (MalformedExpositionException e) {
      return String.valueOf(e.getMessage()).replaceAll("offset=\\d+", "");
    }
  }
}
