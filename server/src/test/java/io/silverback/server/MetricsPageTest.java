package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of {@code docs/metrics.md} has each family that a server or a node exposes. */
final class MetricsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "metrics.md");
  private static final Pattern HELP = Pattern.compile("(?m)^# HELP (\\S+) (.*)$");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
  private static final String HEAD = "| metric | type | where | what |\n|---|---|---|---|\n";

  @TempDir private Path folder;

  private record Family(String type, String help) {}

  @Test
  void theTableIsWhatServersExpose() throws IOException {
    Map<String, Family> single = ofASingleServer();
    Map<String, Family> node = ofANode();
    var all = new TreeMap<>(single);
    all.putAll(node);
    var table = new StringBuilder(HEAD);
    all.forEach(
        (name, family) -> {
          String where = single.containsKey(name) ? "any" : "cluster";
          String help = family.help.replace("|", "\\|");
          table.append("| `%s` | %s | %s | %s |%n".formatted(name, family.type, where, help));
        });
    assertTrue(all.size() > 100, all::toString);

    String page = Files.readString(PAGE);
    if (System.getProperty("metrics", "").equals("write")) {
      int start = page.indexOf(HEAD);
      page = (start < 0 ? page : page.substring(0, start)) + table;
      Files.writeString(PAGE, page);
    }
    assertTrue(page.contains(HEAD), page);
    assertEquals(table.toString(), page.substring(page.indexOf(HEAD)));
  }

  private Map<String, Family> ofASingleServer() throws IOException {
    Path rules =
        Files.writeString(
            folder.resolve("silverback.yml"), "remote_write: [{url: 'http://127.0.0.1:9/w'}]\n");
    Path permissions =
        Files.writeString(
            folder.resolve("permissions.yml"),
            "anyone: [push, read, admin, metrics, probes]\nclients: []\n");
    try (var gateway =
        TestGateway.start(
            "--persistence.file=" + folder.resolve("store"),
            "--config.file=" + rules,
            "--web.permissions.file=" + permissions)) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", "a 1\n").status());
      assertEquals(200, gateway.get("/metrics").status());
      return families(gateway.get("/-/metrics").text());
    }
  }

  private static Map<String, Family> ofANode() throws IOException {
    try (var cluster = LocalCluster.start(2)) {
      assertEquals(200, cluster.send(0, "PUT", "/metrics/job/j", "a 1\n").status());
      assertEquals(200, cluster.get(0, "/metrics").status());
      return families(cluster.get(0, "/-/metrics").text());
    }
  }

  private static Map<String, Family> families(String page) {
    var types = new TreeMap<String, String>();
    TYPE.matcher(page).results().forEach(type -> types.put(type.group(1), type.group(2)));
    var families = new TreeMap<String, Family>();
    HELP.matcher(page)
        .results()
        .forEach(
            help ->
                families.put(
                    help.group(1),
                    new Family(types.getOrDefault(help.group(1), ""), help.group(2))));
    assertEquals(types.keySet(), families.keySet());
    return families;
  }
}
