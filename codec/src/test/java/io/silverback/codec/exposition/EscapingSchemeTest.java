package io.silverback.codec.exposition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EscapingSchemeTest {

  @ParameterizedTest
  @CsvSource({
    "'', '', '', ''",
    "no:escaping, no:escaping, no:escaping, no:escaping",
    "no_escaping, no_escaping, no__escaping, no_escaping",
    "mysystem.prod.west.cpu.load, mysystem_prod_west_cpu_load,"
        + " mysystem_dot_prod_dot_west_dot_cpu_dot_load,"
        + " U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
    "http.status:sum_x, http_status:sum_x, http_dot_status:sum__x, U__http_2e_status:sum__x",
    "label with 😱, label_with__, label__with____, U__label_20_with_20__1f631_",
    "花火, __, ____, U___82b1__706b_",
    "0a1, _a1, __a1, U___30_a1"
  })
  void nameIsEscaped(String name, String underscores, String dots, String values) {
    assertEquals(name, EscapingScheme.ALLOW_UTF_8.escape(name));
    assertEquals(underscores, EscapingScheme.UNDERSCORES.escape(name));
    assertEquals(dots, EscapingScheme.DOTS.escape(name));
    assertEquals(values, EscapingScheme.VALUES.escape(name));
    assertEquals(name, EscapingScheme.unescapeValues(values));
  }

  @ParameterizedTest
  @CsvSource({
    "U__my_2e_name, my.name",
    "U__my_2E_name, my.name",
    "U__a__b, a_b",
    "U___55_____, U__",
    "U__, ''",
    "U__bare é, bare é",
    "U___1f631_, 😱",
    "U__a:b, a:b",
    "U_a_2e_b, U_a_2e_b"
  })
  void valueEncodingIsDecoded(String escaped, String name) {
    assertEquals(name, EscapingScheme.unescapeValues(escaped));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "U__a_",
        "U__a_2e",
        "U__a_g_",
        "U__a_d800_b",
        "U__a_10ffff_",
        "U__a_1234567_",
        "U__a_é_",
        "U__a_2e_b_",
        "U__my__hack____1f631bad___"
      })
  void whatIsNoValueEncodingStaysAsItIs(String name) {
    assertEquals(name, EscapingScheme.unescapeValues(name));
  }

  @Test
  void familyIsEscapedInItsNameAndLabelNames() {
    var family =
        new MetricFamily(
            "a.b",
            "help.",
            MetricType.GAUGE,
            "bytes",
            List.of(
                new Metric.Gauge(Labels.of("l.x", "v.w", "l_y", "v"), 1),
                new Metric.Gauge(Labels.of("__name__", "a.b"), 2)));
    assertEquals(
        new MetricFamily(
            "a_dot_b",
            "help.",
            MetricType.GAUGE,
            "bytes",
            List.of(
                new Metric.Gauge(Labels.of("l_dot_x", "v.w", "l_y", "v"), 1),
                new Metric.Gauge(Labels.of("__name__", "a_dot_b"), 2))),
        shown(EscapingScheme.DOTS, family));
    assertSame(family, EscapingScheme.ALLOW_UTF_8.escape(family));
  }

  @Test
  void labelsOfALegacyFamilyAreEscapedToo() {
    var family =
        new MetricFamily(
            "a", "", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.of("l.x", "1"), 1)));
    assertEquals(
        Labels.of("l_x", "1"),
        shown(EscapingScheme.UNDERSCORES, family).metrics().getFirst().labels());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a_b", ""})
  void familyWithNothingToEscapeStaysAsItIs(String name) {
    var family =
        new MetricFamily(
            name, "", MetricType.GAUGE, List.of(new Metric.Gauge(Labels.of("l_x", "v.w"), 1)));
    for (EscapingScheme scheme : EscapingScheme.values()) {
      assertEquals(family, shown(scheme, family));
    }
  }

  private static MetricFamily shown(EscapingScheme scheme, MetricFamily family) {
    Family escaped = scheme.escape(family);
    var metrics = new ArrayList<Metric>();
    escaped.forEachMetric(metrics::add);
    return new MetricFamily(
        escaped.name(), escaped.help(), escaped.type(), escaped.unit(), metrics);
  }
}
