package io.silverback.server.remotewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.AnchoredRegex;
import io.silverback.server.remotewrite.Relabeling.MalformedRelabelingException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules and templates do what Prometheus' relabel package and Go's regexp package say. */
final class RelabelingTest {
  @Test
  void keepAndDropLookAtTheJoinedValues() throws MalformedRelabelingException {
    var text = new RelabelText("keep", List.of("a", "b"), "-", "1-2", 0, "", "$1");
    assertTrue(applies(text, "a", "1", "b", "2"));
    assertFalse(applies(text, "a", "1", "b", "22"));
    assertFalse(applies(text, "b", "2"));
    var drop = new RelabelText("drop", List.of("a"), ";", "", 0, "", "$1");
    assertFalse(applies(drop, "b", "2"), "a label that is not there is empty");
    assertTrue(applies(drop, "a", "2"));
  }

  @Test
  void replaceSetsRemovesAndPassesOver() throws MalformedRelabelingException {
    assertEquals(
        Map.of("__name__", "m", "a", "x-1", "b", "1"),
        after(new RelabelText("replace", List.of("a"), ";", "x-(.*)", 0, "b", "$1"), "a", "x-1"));
    assertEquals(
        Map.of("__name__", "m", "a", "y", "b", "old"),
        after(
            new RelabelText("replace", List.of("a"), ";", "x-(.*)", 0, "b", "$1"),
            "a",
            "y",
            "b",
            "old"));
    assertEquals(
        Map.of("__name__", "m", "a", "y"),
        after(new RelabelText("replace", List.of(), ";", "(.*)", 0, "b", ""), "a", "y", "b", "z"));
    assertEquals(
        Map.of("__name__", "m", "a", "b-c"),
        after(new RelabelText("replace", List.of("a"), ";", "(.*)", 0, "${1}", "x"), "a", "b-c"),
        "a name that is not valid");
    assertEquals(
        Map.of("__name__", "m", "a", "n", "n", "x"),
        after(new RelabelText("replace", List.of("a"), ";", "(.*)", 0, "${1}", "x"), "a", "n"));
  }

  @Test
  void labelRulesLookAtNames() throws MalformedRelabelingException {
    assertEquals(
        Map.of("__name__", "m", "k_a", "1", "a", "1", "b", "2"),
        after(
            new RelabelText("labelmap", List.of(), ";", "k_(.+)", 0, "", "$1"),
            "k_a",
            "1",
            "b",
            "2"));
    assertEquals(
        Map.of("__name__", "m", "b", "2"),
        after(
            new RelabelText("labeldrop", List.of(), ";", "a.*", 0, "", "$1"), "ab", "1", "b", "2"));
    assertEquals(
        Map.of("__name__", "m", "b", "2"),
        after(
            new RelabelText("labelkeep", List.of(), ";", "b|__name__", 0, "", "$1"),
            "ab",
            "1",
            "b",
            "2"));
  }

  /** The expected value is of the last 8 bytes of the MD5 sum of "foo". */
  @Test
  void hashmodIsThatOfPrometheus() throws MalformedRelabelingException {
    assertEquals(
        "976",
        after(new RelabelText("hashmod", List.of("c"), ";", "(.*)", 1000, "d", "$1"), "c", "baz")
            .get("d"));
  }

  @ParameterizedTest
  @CsvSource({
    "$1, a",
    "${1}x, ax",
    "$1x, ''",
    "$name, b",
    "${name}, b",
    "$9, ''",
    "$$1, $1",
    "$, $",
    "x$-, x$-",
    "${, ${",
    "${1, ${1",
    "$2$1, ba",
    "é$1, éa"
  })
  void templatesExpandAsInGo(String template, String expected) {
    AnchoredRegex regex = AnchoredRegex.compile("(.)(?P<name>.)", 1000);
    List<String> captures = regex.captures("ab").orElseThrow();

    assertEquals(expected, CaptureTemplate.parse(template, regex).expand(captures));
  }

  @Test
  void aSeriesWithoutAValidNameIsNotSent() {
    var labels = new SeriesLabels();
    labels.start("a b", Labels.EMPTY, Labels.EMPTY);
    assertFalse(labels.areValid(NameValidation.LEGACY));
    assertTrue(labels.areValid(NameValidation.UTF8));
    labels.set("__name__", "");
    assertFalse(labels.areValid(NameValidation.UTF8));
    labels.set("__name__", "a");
    labels.set("b c", "x");
    assertFalse(labels.areValid(NameValidation.LEGACY));
  }

  private static boolean applies(RelabelText text, String... labels)
      throws MalformedRelabelingException {
    return relabeling(text).apply(start(labels));
  }

  private static Map<String, String> after(RelabelText text, String... labels)
      throws MalformedRelabelingException {
    SeriesLabels series = start(labels);
    assertTrue(relabeling(text).apply(series));
    return Map.copyOf(series.pairs());
  }

  private static Relabeling relabeling(RelabelText text) throws MalformedRelabelingException {
    var builder = new Relabeling.Builder();
    builder.add(text);
    return builder.build();
  }

  private static SeriesLabels start(String... labels) {
    var series = new SeriesLabels();
    series.start("m", Labels.of(labels), Labels.EMPTY);
    return series;
  }
}
