package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Expositions.bytes;
import static io.silverback.codec.exposition.Expositions.parse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TextParserErrorTest {

  /** Body with one character a byte, line, reason. */
  static Stream<Arguments> refusals() {
    return Stream.of(
        arguments("\nbla 3.14\nblubber 42", 3, "unexpected end of input stream"),
        arguments("# a remark", 1, "unexpected end of input stream"),
        arguments("#", 1, "unexpected end of input stream"),
        arguments("# TYPE a counter", 1, "unexpected end of input stream"),
        arguments("m{l=\"\\t\"} 3", 1, "invalid escape sequence '\\t'"),
        arguments("\nm{l=\"new\nline\"} 3\n", 2, "label value \"new\" contains unescaped new-line"),
        arguments("m{@=\"bla\"} 3", 1, "invalid label name for metric \"m\""),
        arguments("m{:a=\"bla\"} 3", 1, "invalid label name for metric \"m\""),
        arguments("m{,} 3", 1, "invalid label name for metric \"m\""),
        arguments("m{\"\"=\"x\"} 3", 1, "invalid label name for metric \"m\""),
        arguments("m{__name__=\"bla\"} 3", 1, "label name \"__name__\" is reserved"),
        arguments("m{l+=\"bla\"} 3", 1, "expected '=' after label name, found '+'"),
        arguments("m{l'=\"bla\"} 3", 1, "expected '=' after label name, found '\\''"),
        arguments("m{\"n\"} 3", 1, "expected '=' after label name, found '}'"),
        arguments("m{l\u00c3=\"bla\"} 3", 1, "expected '=' after label name, found '\u00c3'"),
        arguments("m{l\u00ad=\"bla\"} 3", 1, "expected '=' after label name, found '\\u00ad'"),
        arguments("m{l=bla} 3", 1, "expected '\"' at start of label value, found 'b'"),
        arguments("m{l=\n", 1, "expected '\"' at start of label value, found '\\n'"),
        arguments(
            "# TYPE m summary\nm{quantile=\"bla\"} 3\n",
            2,
            "expected float as value for 'quantile' label, got \"bla\""),
        arguments(
            "# TYPE m summary\nm{quantile=\"0x1p-3\"} 3\n",
            2,
            "expected float as value for 'quantile' label, got \"0x1p-3\""),
        arguments(
            "# TYPE m histogram\nm_bucket{le=\"b\u00c3\u00b6\"} 3\n",
            2,
            "expected float as value for 'le' label, got \"b\u00f6\""),
        arguments("m{l=\"bla\"+} 3", 1, "unexpected end of label value \"bla\""),
        arguments("m{l=\"bla\" m=\"b\"} 3", 1, "unexpected end of label value \"bla\""),
        arguments("m 3.14 2.72\n", 1, "expected integer as timestamp, got \"2.72\""),
        arguments("m 3.14 \n", 1, "expected integer as timestamp, got \"\""),
        arguments("m 1 0x10\n", 1, "expected integer as timestamp, got \"0x10\""),
        arguments(
            "m 1 9223372036854775808\n",
            1,
            "expected integer as timestamp, got \"9223372036854775808\""),
        arguments("m 3.14 2 3\n", 1, "spurious string after timestamp: \" 3\""),
        arguments("m 3.14 2 \n", 1, "spurious string after timestamp: \" \""),
        arguments("m{l=\"bla\"} blubb\n", 1, "expected float as value, got \"blubb\""),
        arguments("m\n", 1, "expected float as value, got \"\""),
        arguments("m 1\r\n", 1, "expected float as value, got \"1\\r\""),
        arguments("m 1_2\n", 1, "expected float as value, got \"1_2\""),
        arguments("m 0x1p-3\n", 1, "expected float as value, got \"0x1p-3\""),
        arguments("m 1e400\n", 1, "expected float as value, got \"1e400\""),
        arguments("m \u00bd\u0007\n", 1, "expected float as value, got \"\\xbd\\a\""),
        arguments("\n# HELP m one\n# HELP m two\n", 3, "second HELP line for metric name \"m\""),
        arguments(
            "# HELP \"a b\" one\n# HELP \"a b\" two\n",
            2,
            "second HELP line for metric name \"a b\""),
        arguments("# HELP m \\x\n", 1, "invalid escape sequence '\\x'"),
        arguments("# HELP m \\\n", 1, "invalid escape sequence '\\\n'"),
        arguments(
            "# TYPE m counter\n# TYPE m untyped\n",
            2,
            "second TYPE line for metric name \"m\", or TYPE reported after samples"),
        arguments(
            "m 4.12\n# TYPE m counter\n",
            2,
            "second TYPE line for metric name \"m\", or TYPE reported after samples"),
        arguments(
            "# TYPE s summary\n# TYPE s_sum gauge\n",
            2,
            "second TYPE line for metric name \"s\", or TYPE reported after samples"),
        arguments("# TYPE m bla\n", 1, "unknown metric type \"bla\""),
        arguments("# TYPE m counter\r\n", 1, "unknown metric type \"counter\\r\""),
        arguments("# TYPE m gauge \n", 1, "unknown metric type \"gauge \""),
        arguments("# TYPE m unknown\n", 1, "unknown metric type \"unknown\""),
        arguments("# TYPE met-ric\n", 1, "invalid metric name in comment"),
        arguments("# HELP 0m x\n", 1, "invalid metric name in comment"),
        arguments("# TYPE \"\" gauge\n", 1, "invalid metric name \"\""),
        arguments("@m{l=\"bla\"} 3 2", 1, "invalid metric name"),
        arguments("\"\" 3\n", 1, "invalid metric name"),
        arguments("{l=\"bla\"} 3 2", 1, "invalid metric name"),
        arguments("{} 3", 1, "invalid metric name"),
        arguments("m 1\n{l=\"v\"} 3\n", 2, "invalid metric name"),
        arguments("# TYPE m gauge\n{} 3\n", 2, "invalid metric name"),
        arguments("{,} 3", 1, "invalid label name for metric \"\""),
        arguments("m 1\n{,} 3", 2, "invalid label name for metric \"m\""),
        arguments("{a.b} 3", 1, "unexpected end of metric name '.'"),
        arguments("m{l=\"\u00bd\"} 3\n", 1, "invalid label value \"\\xbd\""),
        arguments("m{l=\"a\",l=\"b\"} 3", 1, "duplicate label names for metric \"m\""),
        arguments("{l=\"a\",l=\"b\",m} 3", 1, "duplicate label names for metric \"m\""),
        arguments("m{le=\"1\",le=\"2\"} 3", 1, "duplicate label names for metric \"m\""),
        arguments("{\"a\u00c5\\xc5z\"} 3", 1, "invalid escape sequence '\\x'"),
        arguments("# TYPE \"a\nb\" counter\n", 1, "metric name \"a\" contains unescaped new-line"),
        arguments("{\"new\nline\"=\"b\"} 3\n", 1, "label name \"new\" contains unescaped new-line"),
        arguments("\"a\u00bd\" 1\n", 1, "invalid metric name \"a\\xbd\""),
        arguments("m{\"a\u00bd\"=\"x\"} 1\n", 1, "invalid label name \"a\\xbd\""),
        arguments("# TYPE h histogram\nh_count -2693\n", 2, "negative count for histogram \"h\""),
        arguments("# TYPE h histogram\nh_count -0.5\n", 2, "negative count for histogram \"h\""),
        arguments(
            "# TYPE h gaugehistogram\nh_bucket{le=\"1\"} -1\n",
            2,
            "negative bucket population for histogram \"h\""));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void refusalSaysWhereAndWhy(String body, int line, String reason) {
    for (NameValidation names : NameValidation.values()) {
      boolean legacyRefusesSooner = names == NameValidation.LEGACY && reason.contains("\"a b\"");
      if (!legacyRefusesSooner) {
        var refusal =
            assertThrows(
                MalformedExpositionException.class, () -> parse(names, bytes(body)), names::name);
        assertEquals(
            "text format parsing error in line " + line + ": " + reason, refusal.getMessage());
        assertEquals(line, refusal.line());
      }
    }
  }

  static Stream<Arguments> illegalLegacyNames() {
    return Stream.of(
        arguments("{\"one.name\",\"another.name\"} 3\n", "invalid metric name \"one.name\""),
        arguments("{\"m.n\",\"new\nline\"=\"b\"} 3\n", "invalid metric name \"m.n\""),
        arguments("# TYPE \"m.n\" gauge\n", "invalid metric name \"m.n\""),
        arguments("m{\"a\"=\"b\", \"d.l\"=\"c\"} 3\n", "invalid label name \"d.l\""),
        arguments("m{\"a:b\"=\"c\"} 3\n", "invalid label name \"a:b\""));
  }

  @ParameterizedTest
  @MethodSource("illegalLegacyNames")
  void legacyValidationRefusesOtherNames(String body, String reason) {
    var refusal =
        assertThrows(
            MalformedExpositionException.class, () -> parse(NameValidation.LEGACY, bytes(body)));
    assertEquals("text format parsing error in line 1: " + reason, refusal.getMessage());
  }

  @Test
  void secondNameInBracesIsRefused() {
    var refusal =
        assertThrows(
            MalformedExpositionException.class,
            () -> parse(NameValidation.UTF8, bytes("{\"one.name\",\"another.name\"} 3")));
    assertEquals(
        "text format parsing error in line 1: multiple metric names for metric \"one.name\"",
        refusal.getMessage());
  }

  @Test
  void longTokenIsCutInTheMessage() {
    String body = "m " + "x".repeat(100_000) + "\n";
    var refusal =
        assertThrows(
            MalformedExpositionException.class, () -> parse(NameValidation.UTF8, bytes(body)));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.endsWith("xxx\"..."), message);
    assertTrue(message.length() < GoQuote.MAX_QUOTED_BYTES + 100);
  }
}
