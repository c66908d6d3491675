package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Wire.delimited;
import static io.silverback.codec.exposition.Wire.integer;
import static io.silverback.codec.exposition.Wire.message;
import static io.silverback.codec.exposition.Wire.number;
import static io.silverback.codec.exposition.Wire.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.expositionformats.generated.com_google_protobuf_4_34_0.Metrics;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtobufHostileBytesTest {
  private static final long SEED = 20260601;

  @Test
  void eachTruncationIsRefusedOrAWholeExposition() throws IOException {
    byte[] body = validBody();
    int refused = 0;
    for (int length = 0; length < body.length; length++) {
      refused += isRefused(Arrays.copyOf(body, length)) ? 1 : 0;
    }
    assertTrue(refused > body.length * 9 / 10, "refused=" + refused);
  }

  @Test
  void eachFlippedBitIsRefusedOrGivesSomethingThatOthersCanRead() throws IOException {
    byte[] body = validBody();
    int refused = 0;
    for (int bit = 0; bit < Byte.SIZE * body.length; bit++) {
      byte[] damaged = body.clone();
      damaged[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      refused += isRefused(damaged) ? 1 : 0;
    }
    assertTrue(refused > 0, "refused=" + refused);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          00                             | metric family has no name: offset=1
          05                             | message is cut off: field=0 offset=1
          8080                           | integer is cut off or too long: field=0 offset=2
          ffffffff0f                     | message is cut off: field=0 offset=5
          ffffffffffffffffff01           | message is cut off: field=0 offset=10
          ffffffffffffffffff7f           | integer is cut off or too long: field=0 offset=10
          ffffffffffffffffffffff01       | integer is cut off or too long: field=0 offset=10
          02 0a02                        | message is cut off: field=1 offset=3
          04 0a02c328                    | name of a metric family is not valid UTF-8: field=1 offset=5
          05 0a03eda080                  | name of a metric family is not valid UTF-8: field=1 offset=6
          07 0a0161 2202 0a05            | message is cut off: field=1 offset=8
          05 0a0161 1806                 | unknown metric type 6: field=3 offset=6
          0e 0a0161 18ffffffffffffffffff01 | unknown metric type -1: field=3 offset=15
          05 0a0161 2005                 | wrong wire type 0: field=4 offset=5
          02 0801                        | wrong wire type 0: field=1 offset=2
          05 0a0161 3334                 | unsupported wire type: field=6 offset=5
          04 0a0161 37                   | unsupported wire type: field=6 offset=5
          05 0a0161 0001                 | illegal field number: field=0 offset=5
          """,
      delimiter = '|')
  void theFaultSaysWhatAndWhere(String hex, String reason) {
    assertEquals("proto: " + reason, faultOf(hex));
  }

  @Test
  void textThatIsNotUtf8IsNamed() {
    String bad = "c3";
    assertFault("label name is not", message(4, message(1, message(1, bad))));
    assertFault("label value is not", message(4, message(1, message(2, bad))));
    assertFault("help of a metric family is not", message(2, bad));
    assertFault("unit of a metric family is not", message(5, bad));
    String exemplar = message(1, message(2, bad));
    assertFault("label value of an exemplar is not", message(4, message(3, message(2, exemplar))));
  }

  @Test
  void aReplacementCharacterIsValidText() {
    assertEquals(1, parse(delimited(text(1, "\uFFFD"))).families().size());
  }

  @Test
  void brokenExemplarsAndTimesAreNotKept() {
    assertFault("wrong wire type", message(4, message(3, message(2, integer(2, 1)))));
    assertFault("wrong wire type", message(4, message(3, message(3, number(1, 1)))));
    assertFault("cut off", message(4, message(3, message(3, "08ff"))));
    assertFault("unsupported wire type", message(4, message(3, "9b069c06")));
  }

  @Test
  void packedNumbersMustBeWhole() {
    assertFault("cut off", message(4, message(7, message(14, "00000000"))));
    assertFault("cut off", message(4, message(7, message(13, "80"))));
  }

  @Test
  void manyLabelsInReverseTakeNoQuadraticTime() {
    var labels = new StringBuilder();
    for (int i = 200_000; i > 0; i--) {
      labels.append("0a050a03");
      labels.append(Wire.hex(new byte[] {letter(i >> 12), letter(i >> 6), letter(i)}));
    }
    String body = delimited(text(1, "a"), message(4, labels.toString()));

    assertTimeout(Duration.ofSeconds(10), () -> parse(body));
  }

  @Test
  void mergingManySmallMessagesTakesNoQuadraticTime() {
    String buckets = "1a00".repeat(200_000) + "f80601".repeat(200_000);
    String metric = message(7, buckets) + "3a00".repeat(200_000);

    assertTimeout(Duration.ofSeconds(10), () -> parse(delimited(text(1, "a"), message(4, metric))));
  }

  private static byte letter(int number) {
    return (byte) ('0' + (number & 0x3F));
  }

  private static void assertFault(String reason, String field) {
    String fault = faultOf(delimited(text(1, "a"), field));
    assertTrue(fault.contains(reason), fault);
  }

  private static String faultOf(String hex) {
    var fault = assertThrows(MalformedExpositionException.class, () -> parse(hex));
    assertEquals(0, fault.line());
    return String.valueOf(fault.getMessage());
  }

  private static ParsedExposition parse(String hex) {
    byte[] body = Wire.bytes(hex);
    return new ProtobufParser().parse(body, body.length);
  }

  /** What is not refused must come out again in all forms, and the oracle must read it. */
  private static boolean isRefused(byte[] body) throws IOException {
    ParsedExposition parsed;
    try {
      parsed = new ProtobufParser().parse(body, body.length);
    } catch (MalformedExpositionException _) {
      return true;
    }
    for (MetricFamily family : parsed.families()) {
      var out = new ExpositionBuffer(64);
      new ProtobufRenderer().render(family, out);
      var read =
          Metrics.MetricFamily.parseDelimitedFrom(new ByteArrayInputStream(out.toByteArray()));
      assertEquals(family.name(), read.getName());
      new ProtobufTextRenderer(ProtobufTextRenderer.Layout.INDENTED).render(family, out);
    }
    return false;
  }

  /** One metric of each kind. */
  private static byte[] validBody() {
    var families = new RandomFamilies(SEED, true);
    var out = new ExpositionBuffer(64);
    var kinds = new HashSet<Class<?>>();
    while (kinds.size() < Metric.class.getPermittedSubclasses().length) {
      MetricFamily family = families.next();
      for (Metric metric : family.metrics()) {
        if (kinds.add(metric.getClass())) {
          new ProtobufRenderer().render(family.withMetrics(List.of(metric)), out);
        }
      }
    }
    return out.toByteArray();
  }
}
