package io.silverback.server.group.select;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GroupSelectorTest {
  private static final GroupingKey KEY = GroupingKey.of("nightly", "instance", "db1", "empty", "");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{job=\"nightly\"} | true",
        "{job=\"night\"} | false",
        "{job=\"nightly\",instance!=\"db1\"} | false",
        "{job=\"nightly\",instance!=\"db2\"} | true",
        "{job=~\"night.*\"} | true",
        "{job=~\"night\"} | false",
        "{job=~\".+\",instance!~\"db[2-9]\"} | true",
        "{job=~\".+\",instance!~\"db[0-9]\"} | false",
        "{job=\"nightly\",zone=\"\"} | true",
        "{job=\"nightly\",zone!=\"\"} | false",
        "{job=\"nightly\",empty=\"\"} | true",
        "{job=\"nightly\",zone!=\"a\"} | true",
      })
  void everyMatcherMustHoldForTheGroupingLabels(String selector, boolean expected) {
    assertEquals(
        expected, GroupSelector.parse(List.of(selector)).getFirst().matches(KEY), selector);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{}", "{job=~\".*\"}", "{instance!=\"x\"}", "{job=\"\"}", "{a=\"\",b!~\"x+\"}"})
  void whatWouldMatchAGroupWithoutLabelsIsRefusedWithAHint(String selector) {
    String reason = reasonFor(selector);

    assertTrue(reason.contains("at least one non-empty matcher"), reason);
    assertTrue(reason.contains("/api/v1/admin/wipe"), reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "up",
        "up{job=\"x\"}",
        "{__name__=\"up\"}",
        "{\"my.metric\"}",
        "{__name__!=\"a\"}"
      })
  void aMetricNameIsRefused(String selector) {
    String reason = reasonFor(selector);

    assertTrue(reason.contains("leave out the metric name"), reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{job=}", "{job=~\"(\"}", "{job=\"x\"} trailing"})
  void whatIsNoSelectorIsRefused(String selector) {
    assertTrue(reasonFor(selector).contains("parse error"), reasonFor(selector));
  }

  private static String reasonFor(String selector) {
    return String.valueOf(
        assertThrows(MalformedSelectorException.class, () -> GroupSelector.parse(List.of(selector)))
            .getMessage());
  }
}
