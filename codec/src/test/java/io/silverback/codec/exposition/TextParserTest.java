package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Expositions.bytes;
import static io.silverback.codec.exposition.Expositions.families;
import static io.silverback.codec.exposition.Expositions.normalised;
import static io.silverback.codec.exposition.Expositions.parse;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the text format allows, and what it refuses.
 *
 * <p>Longer than other classes, as it has a case for each rule of the format.
 */
class TextParserTest {

  @Test
  void emptyBodyHasNoFamilies() {
    assertEquals(List.of(), families(""));
    assertEquals(List.of(), families("\n\n \t"));
  }

  @Test
  void readsOnlyTheGivenLength() {
    byte[] body = "a 1\nb ".getBytes(UTF_8);
    assertEquals(1, new TextParser(NameValidation.LEGACY).parse(body, 4).families().size());
  }

  @Test
  void familiesKeepTheOrderOfTheirFirstLines() {
    List<MetricFamily> families =
        families(
            """
            # HELP z last letter
            b 1
            a 1
            z 1
            b 2
            """);
    assertEquals(List.of("z", "b", "a"), families.stream().map(MetricFamily::name).toList());
  }

  @Test
  void familiesWithoutSamplesAreDropped() {
    assertEquals(
        List.of(),
        families(
            """
            # HELP a help alone
            # TYPE b gauge
            """));
  }

  @Test
  void sampleWithoutTypeIsUntyped() {
    assertEquals(
        List.of(
            new MetricFamily(
                "a", "", MetricType.UNTYPED, List.of(new Metric.Untyped(Labels.of("l", "v"), 1)))),
        families("a{l=\"v\"} 1\n"));
  }

  @Test
  void blanksMayStandAlmostAnywhere() {
    assertEquals(
        """
        # HELP name two-line\\n doc  str\\\\ing
        # TYPE name counter
        name{basename="basevalue",labelname="val1"} NaN
        name{basename="base\\"v\\\\al\\nue",labelname="val2"} 0.23
        # HELP name2 doc str"ing 2
        # TYPE name2 gauge
        name2{basename="basevalue2",labelname="val2"} +Inf
        name2{labelname="val1"} -Inf
        """,
        normalised(
            """
            # A normal comment.
            #
            # TYPE name counter
            name{labelname="val1",basename="basevalue"} NaN
            name {labelname="val2",basename="base\\"v\\\\al\\nue"} 0.23 1234567890
            # HELP name two-line\\n doc  str\\\\ing

             # HELP  name2  \tdoc str"ing 2
              #    TYPE    name2 gauge
            name2{labelname="val2"\t,basename   =   "basevalue2"\t\t} +Inf 54321
            name2{ labelname = "val1" , }-Inf
            """));
  }

  @Test
  void valueMayFollowTheNameAtOnce() {
    assertEquals("# TYPE a untyped\na -1\n", normalised("a-1\n"));
  }

  @Test
  void trailingBlanksOfHelpStay() {
    assertEquals("x  ", families("# HELP a  x  \na 1\n").getFirst().help());
  }

  @Test
  void helpMayEscapeAQuoteAndFollowSamples() {
    assertEquals("say \"hi\"", families("a 1\n# HELP a say \\\"hi\\\"\n").getFirst().help());
  }

  @Test
  void helpThatIsNotUtf8IsReplaced() {
    assertEquals(
        "x\uFFFDy",
        parse(NameValidation.LEGACY, bytes("# HELP a x\u00ffy\na 1\n"))
            .families()
            .getFirst()
            .help());
  }

  @Test
  void emptyHelpAndTypeLinesSayNothing() {
    assertEquals(
        "# HELP a one\n# TYPE a gauge\na 1\n",
        normalised(
            """
            # HELP
            # HELP\s
            # HELP a
            # HELP a\s
            # TYPE a
            # HELP a one
            # TYPE a gauge
            a 1
            """));
  }

  @ParameterizedTest
  @CsvSource({
    "counter, COUNTER",
    "Gauge, GAUGE",
    "SUMMARY, SUMMARY",
    "untyped, UNTYPED",
    "histogram, HISTOGRAM",
    "gaugehistogram, GAUGE_HISTOGRAM",
    "gauge_histogram, GAUGE_HISTOGRAM",
    "coun\\ter, COUNTER",
    "hiſtogram, HISTOGRAM"
  })
  void typeWordIsTakenInAnyCase(String word, MetricType type) {
    assertEquals(type, families("#TYPE a " + word + "\na 1\n").getFirst().type());
  }

  @Test
  void otherCommentsAreSkipped() {
    assertEquals(
        "# TYPE x_total untyped\nx_total 1\n",
        normalised(
            """
            # UNIT x seconds
            # type x gauge
            #! {"
            x_total 1
            # EOF
            """));
  }

  @Test
  void summaryLinesAreJoinedByTheirLabels() {
    assertEquals(
        """
        # TYPE s summary
        s{n1="val1",quantile="0.5"} 110
        s{n1="val1",quantile="0.9"} 140
        s_sum{n1="val1"} 4711
        s_count{n1="val1"} 42
        s_sum{n2="val2"} 0
        s_count{n2="val2"} 5
        s{n1="val1",n2="val2",quantile="-12.34"} NaN
        s_sum{n1="val1",n2="val2"} 0
        s_count{n1="val1",n2="val2"} 0
        # TYPE decoy untyped
        decoy -1
        """,
        normalised(
            """
            # TYPE s summary
            s{n1="val1",quantile="0.5"} 110
            decoy -1 -2
            s{n1="val1",quantile="0.9"} 140 1
            s_count{n1="val1"} 42
            s_count{n2="val2"} 5
            s_sum{n1="val1"} 08
            s_sum{n1="val1"} 4711 2
            s{n2="val2",n1="val1",quantile="-12.34",} NaN
            """));
  }

  @Test
  void histogramLinesAreJoinedByTheirLabels() {
    assertEquals(
        """
        # TYPE h histogram
        h_bucket{a="1",le="0.5"} 1
        h_bucket{a="1",le="1"} 2
        h_bucket{a="1",le="+Inf"} 3
        h_sum{a="1"} 1.756e+06
        h_count{a="1"} 3
        h_bucket{a="2",le="0.5"} 7
        h_bucket{a="2",le="+Inf"} 8
        h_sum{a="2"} 0
        h_count{a="2"} 8
        """,
        normalised(
            """
            # TYPE h histogram
            h_bucket{le="0.5",a="1"} 1
            h_bucket{le="0.5",a="2"} 7
            h_bucket{a="1",le="1.0"} 2
            h_bucket{a="1",le="+Inf"} 3
            h_sum{a="1"} 1.756e+06
            h_count{a="1"} 3
            h_count{a="2"} 8
            """));
  }

  @Test
  void gaugeHistogramIsReadLikeAHistogram() {
    assertEquals(
        """
        # TYPE h histogram
        h_bucket{le="+Inf"} 3
        h_sum -2
        h_count 3
        """,
        normalised(
            """
            # TYPE h gaugehistogram
            h_bucket{le="+Inf"} 3
            h_sum -2
            h_count 3
            """));
  }

  @Test
  void linesOfTheBareNameWithoutABoundAreSwallowed() {
    assertEquals(
        """
        # TYPE h histogram
        h_bucket{le="1"} 4
        h_bucket{le="+Inf"} 0
        h_sum 0
        h_count 0
        # TYPE s summary
        s_sum 0
        s_count 0
        """,
        normalised(
            """
            # TYPE h histogram
            h 5
            h_bucket 6
            h_bucket{le="NaN"} 7
            h{le="1"} 4
            # TYPE s summary
            s 5
            """));
  }

  @Test
  void aBoundGivenTwiceOnALineCountsTheLastTime() {
    assertEquals(
        "h_bucket{le=\"2\"} 1",
        normalised("# TYPE h histogram\nh_bucket{le=\"1\",le=\"2\"} 1\n").lines().toList().get(1));
  }

  @Test
  void suffixesOfOtherFamiliesAreNames() {
    assertEquals(
        """
        # TYPE g gauge
        g 1
        # TYPE g_count untyped
        g_count 2
        # TYPE s_bucket untyped
        s_bucket 3
        # TYPE _count untyped
        _count 4
        # TYPE s_count_sum untyped
        s_count_sum 5
        """,
        normalised(
            """
            # TYPE g gauge
            # TYPE s summary
            g 1
            g_count 2
            s_bucket 3
            _count 4
            s_count_sum 5
            """));
  }

  @Test
  void familyThatWasThereBeforeKeepsItsSuffix() {
    assertEquals(
        """
        # TYPE s_count untyped
        s_count 1
        s_count 2
        """,
        normalised(
            """
            s_count 1
            # TYPE s summary
            s_count 2
            """));
  }

  @Test
  void helpOfAPartIsTheHelpOfItsFamily() {
    assertEquals(
        "parts", families("# TYPE s summary\n# HELP s_count parts\ns_count 1\n").getFirst().help());
  }

  @Test
  void oneFloatCountMakesAllCountsFloats() {
    var histogram =
        (Metric.Histogram)
            families(
                    """
                    # TYPE h histogram
                    h_bucket{le="1"} 1
                    h_bucket{le="2"} 1.5
                    h_bucket{le="3"} 0
                    h_count 3
                    """)
                .getFirst()
                .metrics()
                .getFirst();
    assertEquals(0, histogram.count());
    assertEquals(3.0, histogram.countFloat());
    assertEquals(
        List.of(1.0, 1.5, 0.0),
        histogram.buckets().stream().map(Metric.Bucket::cumulativeCountFloat).toList());
    assertTrue(histogram.buckets().stream().allMatch(bucket -> bucket.cumulativeCount() == 0));
  }

  @Test
  void wholeCountsStayIntegers() {
    var histogram =
        (Metric.Histogram)
            families("# TYPE h histogram\nh_bucket{le=\"1\"} 1e+19\nh_count 1e1\n")
                .getFirst()
                .metrics()
                .getFirst();
    assertEquals(10, histogram.count());
    assertEquals(0.0, histogram.countFloat());
    assertEquals(
        "10000000000000000000",
        GoNumbers.toString(histogram.buckets().getFirst().cumulativeCount()));
  }

  @ParameterizedTest
  @CsvSource({
    "3.7, 3",
    "-1, 18446744073709551615",
    "1e19, 10000000000000000000",
    "1e30, 9223372036854775808",
    "-1e30, 9223372036854775808",
    "NaN, 9223372036854775808",
    "+Inf, 9223372036854775808"
  })
  void countOfASummaryIsCut(String sent, String count) {
    var summary =
        (Metric.Summary)
            families("# TYPE s summary\ns_count " + sent + "\n").getFirst().metrics().getFirst();
    assertEquals(count, GoNumbers.toString(summary.count()));
  }

  @Test
  void nameMayStandInsideTheBraces() {
    assertEquals(
        """
        # HELP "my\\"non\\ncompliant\\\\" help text
        # TYPE "my\\"non\\ncompliant\\\\" counter
        {"my\\"non\\ncompliant\\\\","label\\"name\\n"="value"} 1
        # TYPE "a.b" untyped
        {"a.b"} 1
        {"a.b",l="v"} 2
        # TYPE plain untyped
        plain{l="v"} 3
        """,
        normalised(
            """
            # HELP "my\\"non\\ncompliant\\\\" help text
            # TYPE "my\\"non\\ncompliant\\\\" counter
            {"my\\"non\\ncompliant\\\\","label\\"name\\n"="value"} 1
            {"a.b"} 1
            {l="v", "a.b"} 2
            { plain , "l" = "v" , } 3
            """));
  }

  @Test
  void labelsBeforeTheNameBelongToItsFamily() {
    assertEquals(
        """
        # TYPE s summary
        s{a="1",quantile="0.5"} 3
        s_sum{a="1"} 4
        s_count{a="1"} 0
        # TYPE g gauge
        g{quantile="0.5"} 1
        """,
        normalised(
            """
            # TYPE s summary
            # TYPE g gauge
            {quantile="0.5",a="1","s"} 3
            {quantile="0.5","g"} 1
            {a="1","s_sum"} 4
            """));
  }

  @Test
  void quotedNameMayStandBeforeTheBraces() {
    assertEquals(
        "# TYPE \"a b\" untyped\n{\"a b\",l=\"v\"} 1\n", normalised("\"a b\"{l=\"v\"} 1\n"));
    assertEquals("# TYPE \"ab c\" untyped\n{\"ab c\"} 1\n", normalised("a\"b c\" 1\n"));
  }

  @Test
  void legacyValidationTakesQuotedLegacyNames() {
    assertEquals(
        1,
        parse(NameValidation.LEGACY, "{\"a\",\"l\"=\"v\"} 1\n".getBytes(UTF_8)).families().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a 1 5\n", "a 1 -0\n", "a 1\t +9223372036854775807\n", "b 1\na 1 5\n"})
  void timestampIsNoticed(String body) {
    assertTrue(parse(NameValidation.LEGACY, body.getBytes(UTF_8)).timestamped());
  }

  @Test
  void bodyWithoutTimestampsSaysSo() {
    assertFalse(parse(NameValidation.LEGACY, "a 1\n".getBytes(UTF_8)).timestamped());
  }

  @Test
  void equalSamplesStayTwo() {
    assertEquals(2, families("a 1\na 1\n").getFirst().metrics().size());
  }

  @Test
  void repeatedTextIsOneString() {
    List<MetricFamily> families = families("a{l=\"value\"} 1\nb{l=\"value\",m=\"x\"} 1\n");
    assertSame(
        families.getFirst().metrics().getFirst().labels().value(0),
        families.getLast().metrics().getFirst().labels().value(0));
  }

  @Test
  void labelValueMayBeAnyUtf8() {
    assertEquals(
        "# TYPE a untyped\na{l=\"Björn 佖佥 \uD83D\uDE00\"} 1\n",
        normalised("a{l=\"Björn 佖佥 \uD83D\uDE00\"} 1\n"));
  }
}
