package io.silverback.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.PushRhythm;
import io.silverback.server.config.Configuration.FlagValue;
import io.silverback.server.group.rules.StalenessRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigurationReaderTest {
  private static final PushRhythm REGULAR = new PushRhythm(9, 10_000, 0);

  @TempDir private Path folder;

  @Test
  void rulesSayWhomTheyAreForAndWhenTheyApply() throws IOException {
    List<StalenessRule> rules =
        read("""
                staleness:
                  - match: '{job=~".*-batch", dc!="lab"}'
                    never_expire: true
                  - preset: flink
                    missed_pushes: 5
                    ttl: 90s
                    keep_push_time: true
                    purge_after: 0s
                  - ttl: 1h30m
                """)
            .staleness();

    assertEquals(3, rules.size());
    assertTrue(rules.getFirst().appliesTo(GroupingKey.of("nightly-batch")));
    assertFalse(rules.getFirst().appliesTo(GroupingKey.of("nightly-batch", "dc", "lab")));
    assertFalse(rules.getFirst().appliesTo(GroupingKey.of("nightly-batch2")));
    assertEquals(Optional.empty(), rules.getFirst().patience(REGULAR));

    StalenessRule flink = rules.get(1);
    assertTrue(flink.appliesTo(GroupingKey.of("wordcount0123456789abcdef0123456789abcdef")));
    assertFalse(flink.appliesTo(GroupingKey.of("wordcount")));
    assertEquals(Optional.of(Duration.ofSeconds(50)), flink.patience(REGULAR));
    assertEquals(Optional.of(Duration.ofSeconds(90)), flink.patience(PushRhythm.FIRST));
    assertEquals(Optional.of(Duration.ofSeconds(5)), flink.patience(new PushRhythm(9, 100, 10)));
    assertTrue(flink.keepsPushTime());
    assertEquals(Duration.ZERO, flink.purgeAfter());

    assertTrue(rules.get(2).appliesTo(GroupingKey.of("any")));
    assertEquals(Optional.of(Duration.ofMinutes(90)), rules.get(2).patience(REGULAR));
    assertEquals(StalenessRule.USUAL_PURGE, rules.get(2).purgeAfter());
  }

  @Test
  void flagsAreAValueOrAList() throws IOException {
    Configuration read =
        read("flags:\n  log.level: debug\n  web.listen-address: [':1', ':2']\n  a: 5\n");
    assertEquals(
        Map.of(
            "log.level", new FlagValue(List.of("debug"), 2),
            "web.listen-address", new FlagValue(List.of(":1", ":2"), 3),
            "a", new FlagValue(List.of("5"), 4)),
        read.flags());
  }

  @Test
  void anEmptyFileSaysNothing() throws IOException {
    assertEquals(Configuration.EMPTY, read(""));
    assertEquals(Configuration.EMPTY, read("# later\nstaleness:\nflags:\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rewriting: []|unknown key: file=FILE line=1 key=rewriting",
        "staleness: 5|expected a list: file=FILE line=1 key=staleness",
        "staleness: [5]|expected a mapping: file=FILE line=1 key=staleness[0]",
        "staleness: [{ttl: 5m, job: x}]|unknown key: file=FILE line=1 key=staleness[0].job",
        "staleness: [{ttl: 10}]|must be 1s or more: file=FILE line=1 key=staleness[0].ttl",
        "staleness: [{ttl: 1d}]|expected a duration such as 1m30s: file=FILE line=1"
            + " key=staleness[0].ttl",
        "staleness: [{missed_pushes: 1}]|must be 2 or more: file=FILE line=1"
            + " key=staleness[0].missed_pushes",
        "staleness: [{match: '{job=\"x\"}'}]|needs ttl, missed_pushes or never_expire: file=FILE"
            + " line=1 key=staleness[0]",
        "staleness: [{never_expire: true, ttl: 5m}]|says nothing beside never_expire: file=FILE"
            + " line=1 key=staleness[0].ttl",
        "staleness: [{preset: spark, ttl: 5m}]|expected flink but got \"spark\": file=FILE line=1"
            + " key=staleness[0].preset",
        "staleness: [{preset: flink, match: '{a=\"b\"}', ttl: 5m}]|is short for a match, so only one"
            + " of them may be there: file=FILE line=1 key=staleness[0].preset",
        "staleness: [{match: 'up{a=\"b\"}', ttl: 5m}]|groups have grouping labels, but no metric"
            + " name: file=FILE line=1 key=staleness[0].match",
        "staleness: [{match: '{job=~\"(\"}', ttl: 5m}]|1:2: parse error: ~",
        "staleness: [{ttl: 5m}, {ttl: 6m}]|the rule before is for all groups, so this one is never"
            + " reached: file=FILE line=1 key=staleness[1]",
        "flags: [a]|expected a mapping: file=FILE line=1 key=flags",
        "flags: {a: {b: 1}}|expected a single value: file=FILE line=1 key=flags.a",
        "a: [|~"
      })
  void saysWhatIsWrongAndWhere(String text, String expected) throws IOException {
    String problem = problems(text).getFirst();
    if (expected.endsWith("~")) {
      assertTrue(problem.startsWith(expected.substring(0, expected.length() - 1)), problem);
    } else {
      assertEquals(expected.replace("FILE", file().toString()), problem);
    }
  }

  @Test
  void findsAllThatIsWrong() throws IOException {
    List<String> problems =
        problems("staleness:\n  - ttl: x\n  - {}\n  - ttl: 1m\n    tll: 1m\nother: 1\n");
    assertEquals(
        List.of("line=6", "line=2", "line=3", "line=5"),
        problems.stream().map(line -> line.replaceAll(".*(line=\\d+).*", "$1")).toList());
  }

  @Test
  void aMissingFileIsNamed() {
    var missing =
        assertThrows(MalformedConfigurationException.class, () -> ConfigurationReader.read(file()));
    assertEquals(
        List.of("cannot read the configuration, no such file: file=" + file()), missing.problems());
  }

  private Configuration read(String text) throws IOException {
    Files.writeString(file(), text);
    return ConfigurationReader.read(file());
  }

  private List<String> problems(String text) {
    return assertThrows(MalformedConfigurationException.class, () -> read(text)).problems();
  }

  private Path file() {
    return folder.resolve("silverback.yml");
  }
}
