package io.silverback.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.rules.RewriteRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RewriteSectionTest {
  @TempDir private Path folder;

  @Test
  void readsRulesInTheirOrder() throws IOException {
    RewriteRules rules =
        read("""
                rewrite:
                  - label: job
                    regex: '(.*)-(prod|test)'
                    set: {job: $1, stage: $2}
                  - label: stage
                    regex: prod
                    set:
                      stage: live
                """)
            .rewrite();

    assertEquals(
        new RewriteRules.Outcome.Key(GroupingKey.of("load", "stage", "live")),
        rules.apply(GroupingKey.of("load-prod")));
  }

  @Test
  void withoutTheSectionKeysStayAsTheyCome() throws IOException {
    assertEquals(0, read("flags: {}\n").rewrite().size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "{preset: spark} => line=2 key=rewrite[0].preset",
        "{preset: flink, label: job} => line=2 key=rewrite[0].label",
        "{label: job, regex: a} => line=2 key=rewrite[0]",
        "{label: job, regex: a, set: {b: c}, action: keep} => line=2 key=rewrite[0].action",
        "{label: job, regex: '(', set: {b: c}} => line=2 key=rewrite[0].regex",
        "{label: 1job, regex: a, set: {b: c}} => line=2 key=rewrite[0].label",
        "{label: job, regex: a, set: {b: $1}} => line=2 key=rewrite[0].set.b",
        "{label: job, regex: a, set: {__b: c}} => line=2 key=rewrite[0].set.__b",
        "{label: job, regex: a, set: [b]} => line=2 key=rewrite[0].set",
        "{label: job, regex: a, set: {b: [c]}} => line=2 key=rewrite[0].set.b",
        "flink => line=2 key=rewrite[0]",
      })
  void whatIsNoRuleIsRefusedWithItsPlace(String rule, String place) {
    List<String> problems = problems("rewrite:\n  - " + rule + "\n");

    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.getFirst().endsWith(place), problems::toString);
  }

  @Test
  void allRulesAreLookedAt() {
    List<String> problems =
        problems("rewrite:\n  - preset: spark\n  - preset: flink\n  - label: job\n");

    assertEquals(2, problems.size(), problems::toString);
    assertTrue(problems.get(1).contains("line=4"), problems::toString);
  }

  private List<String> problems(String text) {
    return assertThrows(MalformedConfigurationException.class, () -> read(text)).problems();
  }

  private Configuration read(String text) throws IOException {
    return ConfigurationReader.read(Files.writeString(folder.resolve("silverback.yml"), text));
  }
}
