package io.silverback.server.group.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SeriesSelectorTest {
  private static LabelMatcher equal(String label, String value) {
    return new LabelMatcher.Equal(label, value);
  }

  private static LabelMatcher notEqual(String label, String value) {
    return new LabelMatcher.NotEqual(label, value);
  }

  private static LabelMatcher like(String label, String regex) {
    return new LabelMatcher.Like(label, AnchoredRegex.compile(regex, 1000));
  }

  private static LabelMatcher notLike(String label, String regex) {
    return new LabelMatcher.NotLike(label, AnchoredRegex.compile(regex, 1000));
  }

  private static Stream<Arguments> selectors() {
    LabelMatcher up = equal("__name__", "up");
    return Stream.of(
        arguments("up", List.of(up)),
        arguments(" \t\n\rup ", List.of(up)),
        arguments("up # all of them", List.of(up)),
        arguments("up {} ", List.of(up)),
        arguments("job:up:sum_1", List.of(equal("__name__", "job:up:sum_1"))),
        arguments("_1", List.of(equal("__name__", "_1"))),
        arguments("on", List.of(equal("__name__", "on"))),
        arguments("nan", List.of(equal("__name__", "nan"))),
        arguments("up{__name__=\"x\"}", List.of(up, equal("__name__", "x"))),
        arguments(
            "up{a=\"b\",c!='d',e=~`f.*`,}",
            List.of(up, equal("a", "b"), notEqual("c", "d"), like("e", "f.*"))),
        arguments(
            "{ a = \"b\" , # one\n _c1 !~ \"x\" }", List.of(equal("a", "b"), notLike("_c1", "x"))),
        arguments("{__name__=~\"x.*\"}", List.of(like("__name__", "x.*"))),
        arguments("{a!=\"\"}", List.of(notEqual("a", ""))),
        arguments("{by=\"b\"}", List.of(equal("by", "b"))),
        arguments("{\"my.metric\"}", List.of(equal("__name__", "my.metric"))),
        arguments(
            "{\"my.metric\", 'label.name' != \"v\", b=\"c\"}",
            List.of(equal("__name__", "my.metric"), notEqual("label.name", "v"), equal("b", "c"))),
        arguments("{`ä\\`=~\"v\"}", List.of(like("ä\\", "v"))),
        arguments(
            "{a=\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"'`\"}",
            List.of(equal("a", "\u0007\b\f\n\r\t\u000b\\\"'`"))),
        arguments("{a='\\'\"'}", List.of(equal("a", "'\""))),
        arguments("{a=\"\\x41\\102\\u00e4\\U0001F648\"}", List.of(equal("a", "ABä🙈"))),
        arguments("{a=\"\\xc3\\244\"}", List.of(equal("a", "ä"))),
        arguments("{a=`\\n\n\"'`}", List.of(equal("a", "\\n\n\"'"))),
        arguments("{a=\"ä🙈\"}", List.of(equal("a", "ä🙈"))),
        arguments("{a=\"{,}#\"}", List.of(equal("a", "{,}#"))));
  }

  @ParameterizedTest
  @MethodSource("selectors")
  void aSelectorSaysItsConditionsInOrder(String text, List<LabelMatcher> matchers) {
    assertEquals(matchers, SeriesSelector.parse(text).matchers());
  }

  private static Stream<Arguments> faults() {
    return Stream.of(
        arguments("", "1:1: parse error: unexpected end of input, expected metric name or \"{\""),
        arguments(" ", "1:2: parse error: unexpected end of input, expected metric name or \"{\""),
        arguments("1up", "1:1: parse error: unexpected \"1\", expected metric name or \"{\""),
        arguments("über", "1:1: parse error: unexpected \"ü\", expected metric name or \"{\""),
        arguments("\"up\"", "1:1: parse error: unexpected \"\\\"\", expected metric name or \"{\""),
        arguments("up up", "1:4: parse error: unexpected \"up\", expected end of input"),
        arguments("up[5m]", "1:3: parse error: unexpected \"[\", expected end of input"),
        arguments("sum(up)", "1:4: parse error: unexpected \"(\", expected end of input"),
        arguments("{a=\"b\"}}", "1:8: parse error: unexpected \"}\", expected end of input"),
        arguments(
            "{a=\"b\"}{c=\"d\"}", "1:8: parse error: unexpected \"{\", expected end of input"),
        arguments(
            "up{",
            "1:4: parse error: unexpected end of input, expected label name, quoted metric name or"
                + " \"}\""),
        arguments(
            "{,}",
            "1:2: parse error: unexpected \",\", expected label name, quoted metric name or"
                + " \"}\""),
        arguments(
            "up{a=\"b\",,}",
            "1:10: parse error: unexpected \",\", expected label name, quoted metric name or"
                + " \"}\""),
        arguments(
            "up{1a=\"b\"}",
            "1:4: parse error: unexpected \"1\", expected label name, quoted metric name or"
                + " \"}\""),
        arguments(
            "up{a", "1:5: parse error: unexpected end of input, expected label matching operator"),
        arguments(
            "up{a:b=\"c\"}",
            "1:5: parse error: unexpected \":b\", expected label matching operator"),
        arguments(
            "up{a!\"b\"}", "1:5: parse error: unexpected \"!\", expected label matching operator"),
        arguments(
            "{\"a\" b}", "1:6: parse error: unexpected \"b\", expected label matching operator"),
        arguments("up{a=b}", "1:6: parse error: unexpected \"b\", expected quoted string"),
        arguments("up{a==\"b\"}", "1:6: parse error: unexpected \"=\", expected quoted string"),
        arguments(
            "up{\n a=\"b\",\n c=d}", "3:4: parse error: unexpected \"d\", expected quoted string"),
        arguments(
            "up{a=\"b\" c=\"d\"}", "1:10: parse error: unexpected \"c\", expected \",\" or \"}\""),
        arguments(
            "{ä=\"b\"}",
            "1:2: parse error: unexpected \"ä\", expected label name, quoted metric name or"
                + " \"}\""),
        arguments("{a=\"ä\" b}", "1:9: parse error: unexpected \"b\", expected \",\" or \"}\""),
        arguments("{a=\"b", "1:4: parse error: unterminated quoted string"),
        arguments("{a=\"b\n\"}", "1:4: parse error: unterminated quoted string"),
        arguments("{a=`b", "1:4: parse error: unterminated quoted string"),
        arguments("{a=\"b\\", "1:6: parse error: unknown escape sequence"),
        arguments("{a=\"\\q\"}", "1:5: parse error: unknown escape sequence"),
        arguments("{a='\\\"'}", "1:5: parse error: unknown escape sequence"),
        arguments("{a=\"\\x4\"}", "1:5: parse error: escape sequence lacks digits"),
        arguments("{a=\"\\08\"}", "1:5: parse error: escape sequence lacks digits"),
        arguments(
            "{a=\"\\400\"}", "1:5: parse error: escape sequence is an invalid Unicode code point"),
        arguments(
            "{a=\"\\ud800\"}",
            "1:5: parse error: escape sequence is an invalid Unicode code point"),
        arguments(
            "{a=\"\\UFFFFFFFF\"}",
            "1:5: parse error: escape sequence is an invalid Unicode code point"),
        arguments("{a=\"\\xff\"}", "1:4: parse error: quoted string is not UTF-8"),
        arguments("{a=\"\udcff\"}", "selector is not UTF-8"),
        arguments(
            "{b=\"\",a=~\"(\"}", "1:7: parse error: error parsing regexp: missing closing ): `(`"),
        arguments("{a=~\"b)(c\"}", "1:2: parse error: error parsing regexp: unexpected )"),
        arguments(
            "{a!~\"*\"}",
            "1:2: parse error: error parsing regexp: missing argument to repetition operator: `*`"),
        arguments(
            "{a!~\"(?=b)\"}",
            "1:2: parse error: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        arguments(
            "{a=~\"b{1001}\"}",
            "1:2: parse error: error parsing regexp: invalid repeat count: `{1001}`"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultIsToldWithItsPlace(String text, String message) {
    var fault = assertThrows(MalformedSelectorException.class, () -> SeriesSelector.parse(text));
    assertEquals(message, fault.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{}", "{a=\"\"}", "{a=~\".*\"}", "{a!~\".+\"}", "{a!=\"b\"}", "{a=~\"b|\"}"})
  void aSelectorThatMatchesNoLabelsAtAllIsRefused(String text) {
    var fault = assertThrows(MalformedSelectorException.class, () -> SeriesSelector.parse(text));
    assertEquals(
        "1:1: parse error: selector must contain at least one non-empty matcher",
        fault.getMessage());
  }

  private static Stream<Arguments> matches() {
    return Stream.of(
        arguments("up", true),
        arguments("upp", false),
        arguments("{__name__=~\"u\"}", false),
        arguments("{__name__=~\"u.\"}", true),
        arguments("{job=\"api\"}", true),
        arguments("{job=\"ap\"}", false),
        arguments("{job=~\"ap\"}", false),
        arguments("{job=~\"ap.\"}", true),
        arguments("{job=~\"a|ap|api\"}", true),
        arguments("{job=~\"^a|i$\"}", false),
        arguments("{job=~\"(?i)API\"}", true),
        arguments("{text=~\"a.b\"}", true),
        arguments("up{job!~\"a.*\"}", false),
        arguments("up{job!~\"b.*\"}", true),
        arguments("up{absent=\"\"}", true),
        arguments("up{absent!=\"x\"}", true),
        arguments("up{absent=~\"x?\"}", true),
        arguments("up{absent!~\"x\"}", true),
        arguments("{absent!=\"\"}", false),
        arguments("{absent=~\".+\"}", false),
        arguments("up{empty=\"\"}", true),
        arguments("{job=\"api\",code=\"500\"}", false),
        arguments("{job=\"api\",code=~\"2..\"}", true));
  }

  @ParameterizedTest
  @MethodSource("matches")
  void aSeriesMatchesIfAllConditionsHold(String text, boolean expected) {
    Labels labels = Labels.of("code", "200", "empty", "", "job", "api", "text", "a\nb");

    assertEquals(expected, SeriesSelector.parse(text).matches("up", labels));
  }

  @Test
  void aGroupIsLeftOutOnlyIfItsOwnLabelsForbidIt() {
    var key = GroupingKey.of("api", "instance", "");

    assertTrue(SeriesSelector.parse("up").mayMatch(key));
    assertTrue(SeriesSelector.parse("{job=\"api\"}").mayMatch(key));
    assertTrue(SeriesSelector.parse("{code=\"500\"}").mayMatch(key));
    assertTrue(SeriesSelector.parse("up{instance=\"\"}").mayMatch(key));
    assertFalse(SeriesSelector.parse("{job=~\"b.*\"}").mayMatch(key));
    assertFalse(SeriesSelector.parse("up{job!=\"api\"}").mayMatch(key));
    assertFalse(SeriesSelector.parse("{instance=~\".+\"}").mayMatch(key));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
        "(\\d{1,3}\\.){3}\\d{1,3}",
        ".*[Ee]rror.*|.*[Ff]ail(ed|ure)?.*",
        "[a-z]{1,1000}",
        "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})",
      })
  void regexesOfEverydayFitTheLimit(String regex) {
    assertTrue(AnchoredRegex.weightOf(regex) <= SeriesSelector.MAX_REGEX_WEIGHT, regex);
  }

  @Test
  void aListOfManyNamesFitsTheLimit() {
    String names = String.join("|", Collections.nCopies(700, "nightly-backup-0123456789"));

    SeriesSelector.parse("{job=~\"" + names + "|.+\"}");
  }

  /** As a dashboard asks for all values of a label. */
  @Test
  void aListOfNothingButNamesMayHaveThousandsOfThem() {
    List<String> hosts = IntStream.range(0, 50_000).mapToObj(i -> "host-" + i + ".net:9").toList();
    String regex = "(" + String.join("|", hosts).replace(".", "\\.") + ")";
    var list = AnchoredRegex.compile(regex, SeriesSelector.MAX_REGEX_WEIGHT);

    assertTrue(hosts.stream().allMatch(list::matches));
    assertFalse(list.matches("host-1xnet:9"));
    assertFalse(list.matches("host-50000.net:9"));
    assertFalse(list.matches(""));
    assertThrows(
        MalformedSelectorException.class,
        () -> AnchoredRegex.compile("|".repeat(200_000), SeriesSelector.MAX_REGEX_WEIGHT));
  }

  @Test
  void aListMatchesAndCapturesWhatTheLibraryDoes() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    int lists = 0;
    for (int i = 0; i < 20_000; i++) {
      String regex = text(random, "ab|(\\.-)");
      if (!TextList.isOne(regex)) {
        continue;
      }
      lists++;
      var library = com.google.re2j.Pattern.compile(regex, com.google.re2j.Pattern.DOTALL);
      var list = AnchoredRegex.compile(regex, SeriesSelector.MAX_REGEX_WEIGHT);
      String what = "seed=" + seed + " regex=" + regex;
      assertEquals(library.groupCount(), list.groupCount(), what);
      for (int j = 0; j < 20; j++) {
        String value = text(random, "ab|.-");
        var matcher = library.matcher(value);
        assertEquals(
            matcher.matches()
                ? Optional.of(
                    IntStream.rangeClosed(0, matcher.groupCount())
                        .mapToObj(matcher::group)
                        .toList())
                : Optional.empty(),
            list.captures(value),
            what + " value=" + value);
      }
    }
    assertTrue(lists > 1_000, "lists=" + lists);
  }

  private static String text(SplittableRandom random, String alphabet) {
    var text = new StringBuilder();
    for (int length = random.nextInt(6); length > 0; length--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(abcdefghijklmnopqrstuvwxyz){1000}",
        "((abc){10}d){100}",
        "(a{30}){30}",
      })
  void aRegexThatGrowsTooLargeIsRefusedUnseen(String regex) {
    var fault =
        assertThrows(
            MalformedSelectorException.class,
            () -> SeriesSelector.parse("{a=~\"" + regex.repeat(10) + "\"}"));

    assertTrue(
        String.valueOf(fault.getMessage())
            .startsWith("1:2: parse error: regular expressions are too large: weight="),
        fault.getMessage());
  }

  @Test
  void aLongAlternativeIsRefusedUnseen() {
    SeriesSelector.parse("{a=~\".|" + "x".repeat(4_096) + "|" + "y".repeat(4_096) + "\"}");
    var fault =
        assertThrows(
            MalformedSelectorException.class,
            () -> SeriesSelector.parse("{a=~\".|" + "x".repeat(4_097) + "\"}"));
    assertTrue(
        String.valueOf(fault.getMessage()).endsWith("longest alternative=4097 limit=4096"),
        fault.getMessage());
  }

  @Test
  void theRegexesOfARequestShareOneLimit() {
    String half = "up{a=~\"" + "x?".repeat(400) + "\"}";

    SeriesSelector.parse(List.of(half, half));
    assertThrows(
        MalformedSelectorException.class, () -> SeriesSelector.parse(List.of(half, half, half)));
  }

  /** What the limit lets pass must not exhaust the stack, neither when read nor when used. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x?",
        "()",
        "^",
        "x*",
        "\\b",
        "|^",
        "(?:)",
        "(x|y|)",
        "\\pL?",
        "\\b{100}",
        "x{0,1000}",
        "(x?){20}",
        "ab|cd.|"
      })
  void theLimitKeepsTheStack(String piece) {
    var regex = new StringBuilder(piece);
    while (AnchoredRegex.weightOf(regex + piece) <= SeriesSelector.MAX_REGEX_WEIGHT) {
      regex.append(piece);
    }

    AnchoredRegex.compile(regex.toString(), SeriesSelector.MAX_REGEX_WEIGHT).matches("xxx");
  }

  @ParameterizedTest
  @ValueSource(strings = {")", ")*", ")?", "x)*", "|)*"})
  void theLimitKeepsTheStackForGroupsInGroups(String end) {
    var regex = new StringBuilder("(x" + end);
    while (AnchoredRegex.weightOf("(" + regex + end) <= SeriesSelector.MAX_REGEX_WEIGHT) {
      regex.insert(0, '(').append(end);
    }

    AnchoredRegex.compile(regex.toString(), SeriesSelector.MAX_REGEX_WEIGHT).matches("xxx");
  }

  /** Whatever comes in, the answer is a selector or the one exception. */
  @Test
  void randomTextsAreReadOrRefused() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    List<String> pieces =
        List.of(
            "up", "a", "{", "}", ",", "=", "!", "~", "\"", "'", "`", "\\", "x41", "u00e4", "\n",
            " ", "#", "(", "[", "*", "{9}", "1", ":", "ä", "\udc80", "b\"", "=\"c\"");
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      var text = new StringBuilder(random.nextBoolean() ? "{a=\"b\"" : "");
      for (int j = random.nextInt(8); j >= 0; j--) {
        text.append(pieces.get(random.nextInt(pieces.size())));
      }
      try {
        assertFalse(SeriesSelector.parse(text.toString()).matches("", Labels.EMPTY));
        read++;
      } catch (MalformedSelectorException fault) {
        assertFalse(String.valueOf(fault.getMessage()).isEmpty());
      } catch (RuntimeException bug) {
        throw new AssertionError("seed=" + seed + " text=" + text, bug);
      }
    }
    assertTrue(read > 0, "seed=" + seed);
  }
}
