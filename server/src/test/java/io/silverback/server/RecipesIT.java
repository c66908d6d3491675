package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The configurations of the page of recipes, each run by a real Prometheus. */
final class RecipesIT {
  private static final Path PAGE = Path.of("..", "docs", "recipes.md");

  private static final Pattern RECIPE =
      Pattern.compile("(?m)^## (.+)\\n(?:(?!^## |^```).*\\n)*```yaml\\n((?:(?!^```).*\\n)*)```");

  /** The queries that a recipe is for, and what they find after four pushes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "Last values, from any number of nodes | 20 | rows_total{job='batch',exported_job=''}",
        "Every push, not only the last one | 90 | max_over_time(rows_total[5m])",
        "Every push, not only the last one | 4 | count_over_time(rows_total[5m])",
        "Last values and every push, kept apart | 20 | rows_total{source=''}",
        "Last values and every push, kept apart | 90 | max_over_time(rows_total{source='pushes'}[5m])",
        "Two Prometheis that do the same | 90 | max(max_over_time(rows_total{instance=''}[5m]))",
        "Jobs shared out to several Prometheis | 1 | count(count by (job) (other_total{job=~'.+'}))",
        "One Prometheus to ask for all | 90 | max_over_time(rows_total[5m])",
      })
  void aRecipeFindsWhatItIsFor(String recipe, double value, String query, @TempDir Path folder)
      throws IOException {
    try (var gateway = TestGateway.start("--remote-read.external-label=source=pushes")) {
      String address = "127.0.0.1:" + gateway.port();
      for (int rows : new int[] {10, 40, 90, 20}) {
        gateway.send("PUT", "/metrics/job/batch", "rows_total " + rows + "\n");
        RunningProcess.pause(Duration.ofMillis(20));
      }
      // The first is of one share by its hash, the second of the other one.
      gateway.send("PUT", "/metrics/job/batch-1", "other_total 1\n");
      gateway.send("PUT", "/metrics/job/batch-2", "other_total 1\n");
      String configuration =
          configurationOf(recipe)
              .replaceAll("silverback-\\d:9091", address)
              .replaceAll("prometheus-(\\d):9090", "127.0.0.1:$1");
      String scraping = "global:\n  scrape_interval: 1s\n";
      try (var prometheus =
          RunningPrometheus.configured(
              configuration.contains("global:\n")
                  ? configuration.replace("global:\n", scraping)
                  : scraping + configuration,
              folder)) {
        prometheus.awaitValue(value, query);
      }
    }
  }

  private static String configurationOf(String recipe) throws IOException {
    Matcher found = RECIPE.matcher(Files.readString(PAGE));
    while (found.find()) {
      if (found.group(1).equals(recipe)) {
        return found.group(2);
      }
    }
    throw new AssertionError("no such recipe with a configuration: " + recipe);
  }

  /** Or one of them could be wrong and no test would fail. */
  @Test
  void eachRecipeWithAConfigurationIsRun() throws IOException {
    List<String> recipes =
        RECIPE.matcher(Files.readString(PAGE)).results().map(found -> found.group(1)).toList();
    assertEquals(6, recipes.size(), recipes::toString);
    String cases = Files.readString(Path.of("src/test/java/io/silverback/server/RecipesIT.java"));
    for (String recipe : recipes) {
      assertTrue(cases.contains('"' + recipe + " |"), recipe);
    }
  }
}
