package io.silverback.server.group.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RewriteRulesTest {
  private static final String SUFFIX = "0123456789abcdef0123456789abcdef";

  @Test
  void thePresetTakesFlinksSuffixForTheInstance() {
    var rules = builder().addPreset("flink").build();

    assertEquals(
        GroupingKey.of("orders", "instance", SUFFIX, "zone", "a"),
        rewritten(rules, GroupingKey.of("orders" + SUFFIX, "zone", "a")));
  }

  @ParameterizedTest
  @CsvSource({
    "orders",
    "orders0123456789abcdef",
    "0123456789abcdef0123456789abcdef",
    "orders0123456789ABCDEF0123456789ABCDEF",
    "orders0123456789abcdef0123456789abcdef-1"
  })
  void thePresetLeavesOtherJobsAlone(String job) {
    var key = GroupingKey.of(job);

    assertSame(key, rewritten(builder().addPreset("flink").build(), key));
  }

  @Test
  void eachRuleSeesWhatThoseBeforeItMade() {
    var rules =
        builder()
            .add("job", "(?P<team>[a-z]+)-(.*)", Map.of("job", "$2", "team", "${team}"))
            .add("team", "a(.*)", Map.of("team", "A${1}$$"))
            .build();

    assertEquals(
        GroupingKey.of("load", "team", "Acme$"), rewritten(rules, GroupingKey.of("acme-load")));
  }

  @Test
  void aLabelWhoseTextIsEmptyGoes() {
    var rules = builder().add("pod", "(x*).*", Map.of("pod", "$1")).build();

    assertEquals(GroupingKey.of("j"), rewritten(rules, GroupingKey.of("j", "pod", "abc")));
  }

  @Test
  void aLabelThatTheClientGaveIsNeverReplaced() {
    var rules = builder().addPreset("flink").build();
    var explicit = GroupingKey.of("orders" + SUFFIX, "instance", "mine");

    assertSame(explicit, rewritten(rules, explicit));
    assertEquals(
        GroupingKey.of("orders", "instance", SUFFIX),
        rewritten(rules, GroupingKey.of("orders" + SUFFIX, "instance", SUFFIX)));
  }

  @Test
  void aKeyWithoutJobIsRefusedWithRuleAndValue() {
    var rules = builder().add("job", "(x*).*", Map.of("job", "$1")).build();

    String reason = refusal(rules, GroupingKey.of("nightly"));

    assertTrue(reason.contains("job=~\"(x*).*\""), reason);
    assertTrue(reason.contains("job=nightly"), reason);
  }

  @Test
  void valuesDoNotGrowWithoutEnd() {
    var builder = builder();
    for (int i = 0; i < 40; i++) {
      builder.add("job", "(.*)", Map.of("job", "$1$1"));
    }

    String reason = refusal(builder.build(), GroupingKey.of("nightly"));

    assertTrue(reason.contains("characters"), reason);
    assertTrue(reason.length() < 1000, () -> "length=" + reason.length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "job | ( | a | $1 | regex | missing closing )",
        "job | '' | a | b | regex | is missing",
        "job | (a{1000}){1000} | a | b | regex | too large",
        "1job | a | a | b | label | no name of a grouping label",
        "__job | a | a | b | label | no name of a grouping label",
        "job | a | a-b | b | set.a-b | no name of a grouping label",
        "job | a | __b | b | set.__b | no name of a grouping label",
        "job | (a) | b | $2 | set.b | group=$2",
        "job | (a) | b | ${x} | set.b | group=${x}",
        "job | (a) | b | $99999999999 | set.b | no such group",
        "job | (a) | b | $ | set.b | $$ for a dollar sign",
        "job | (a) | b | ${} | set.b | $$ for a dollar sign",
        "job | (a) | b | ${1 | set.b | $$ for a dollar sign",
      })
  void whatIsNoRuleIsRefusedWithThePartThatIsWrong(
      String label, String regex, String name, String template, String part, String reason) {
    var refused =
        assertThrows(
            MalformedRuleException.class,
            () -> builder().add(label, regex, Map.of(name, template)));

    assertEquals(part, refused.part());
    assertTrue(String.valueOf(refused.getMessage()).contains(reason), refused.getMessage());
  }

  @Test
  void allRulesTogetherAreBounded() {
    var builder = builder();
    var refused =
        assertThrows(
            MalformedRuleException.class,
            () -> {
              for (int i = 0; i < 1000; i++) {
                builder.add("job", "a", Map.of("job", "b"));
              }
            });

    assertTrue(String.valueOf(refused.getMessage()).contains("more rules than"));
  }

  @Test
  void anUnknownPresetIsRefused() {
    assertEquals(
        "preset",
        assertThrows(MalformedRuleException.class, () -> builder().addPreset("spark")).part());
  }

  private static RewriteRules.Builder builder() {
    return new RewriteRules.Builder();
  }

  private static GroupingKey rewritten(RewriteRules rules, GroupingKey key) {
    return assertInstanceOf(RewriteRules.Outcome.Key.class, rules.apply(key)).key();
  }

  private static String refusal(RewriteRules rules, GroupingKey key) {
    return assertInstanceOf(RewriteRules.Outcome.Invalid.class, rules.apply(key)).reason();
  }
}
