package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.AlikeJson;
import io.silverback.server.RunningProcess;
import io.silverback.server.TestGateway;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code docs/api.md} lists the routes of the server, and its requests are answered as it says; of
 * some routes the examples are on the pages of {@link io.silverback.server.ClusterApiPageTest}.
 */
final class ApiPageTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String[] FLAGS = {"--web.enable-admin-api", "--web.enable-lifecycle"};

  private static final Pattern ROW = Pattern.compile("(?m)^\\| ([A-Z, ]+) \\| (`/[^|]*`) \\| ");
  private static final Pattern PATH = Pattern.compile("`([^`]+)`");
  private static final Pattern EXAMPLE =
      Pattern.compile("(?s)```\n\\$ ([^\n]+)\n((?:> [^\n]*\n)*)(\\d{3})\n(.*?)```");
  private static final Pattern CURL =
      Pattern.compile("curl .*?(?:-X (\\w+) )?.*http://localhost:9091(/[^ ?']*)");
  private static final Pattern SHORT = Pattern.compile("(GET|POST|DELETE|PUT) ([^ ?]+).*");

  @TempDir private Path folder;

  @Test
  void theTableHasTheRoutesOfTheServer() throws IOException {
    var served = new TreeSet<String>();
    for (Route route : routes()) {
      String path =
          route.path().toString().replaceAll("/\\*\\w+", "...").replaceAll(":(\\w+)", "<$1>");
      served.add(route.method() + " " + path);
    }
    var listed = new TreeSet<String>();
    for (var row : ROW.matcher(page("api.md")).results().toList()) {
      for (var path : PATH.matcher(row.group(2)).results().toList()) {
        for (String method : row.group(1).split(", ", -1)) {
          listed.add(method + " " + path.group(1));
        }
      }
    }
    assertEquals(served, listed);
  }

  @Test
  void eachRouteHasAnExample() throws IOException {
    var asked = new TreeSet<String>();
    for (String page : List.of("api.md", "formats/page-api.md", "formats/cluster-api.md")) {
      for (var example : EXAMPLE.matcher(page(page)).results().toList()) {
        var curl = CURL.matcher(example.group(1));
        var brief = SHORT.matcher(example.group(1));
        if (curl.find()) {
          asked.add(curl.group(2));
        } else if (brief.matches()) {
          asked.add(brief.group(2));
        }
      }
    }
    var without = new ArrayList<String>();
    for (Route route : routes()) {
      String pattern =
          route.path().toString().replaceAll("/\\*\\w+", ".*").replaceAll(":\\w+", "[^/]+");
      if (asked.stream().noneMatch(path -> path.matches(pattern))) {
        without.add(route.method() + " " + route.path());
      }
    }
    assertEquals(List.of(), without);
  }

  @Test
  void theServerAnswersAsThePageSays() throws IOException {
    Path rules = Files.writeString(folder.resolve("silverback.yml"), "staleness: []\n");
    var examples = EXAMPLE.matcher(page("api.md")).results().toList();
    assertTrue(examples.size() > 30, () -> "examples=" + examples.size());
    try (var gateway =
        TestGateway.start(
            FLAGS[0],
            FLAGS[1],
            "--persistence.file=" + folder.resolve("store"),
            "--config.file=" + rules)) {
      for (var example : examples) {
        String command = example.group(1);
        String answer =
            RunningProcess.complete(
                List.of(
                    "/bin/sh",
                    "-c",
                    command
                        .replace("localhost:9091", "127.0.0.1:" + gateway.port())
                        .replaceFirst("curl ", "curl -sS -w '\\\\n%{http_code}' ")),
                Map.of(),
                LIMIT);
        int end = answer.lastIndexOf('\n');
        assertEquals(example.group(3), answer.substring(end + 1), command + answer);
        assertAlike(example.group(4), answer.substring(0, end), command);
      }
    }
  }

  private static void assertAlike(String wanted, String found, String command) throws IOException {
    if (wanted.startsWith("{") || wanted.startsWith("[")) {
      var json = new JsonMapper();
      AlikeJson.assertAlike(json.readTree(wanted), json.readTree(found), command);
      return;
    }
    List<String> lines = lines(found);
    List<String> wantedLines = lines(wanted);
    if (wantedLines.contains("...")) {
      assertTrue(found.length() > 3, command);
      for (String line : wantedLines) {
        assertTrue(line.equals("...") || lines.contains(line), command + " " + line + "\n" + found);
      }
    } else {
      assertEquals(wantedLines, lines, command);
    }
  }

  /** A time of Unix in milliseconds is another one each time. */
  private static List<String> lines(String text) {
    return text.lines().map(line -> line.replaceAll("\\b\\d{13}\\b", "MILLIS")).toList();
  }

  private static String page(String name) throws IOException {
    return Files.readString(DOCS.resolve(name));
  }

  private static List<Route> routes() {
    var store = new AtomicReference<MetricStore>();
    try (var _ =
        TestGateway.start(
            own -> {
              store.set(own);
              return own;
            },
            FLAGS)) {
      return AllRoutes.of(TestGateway.config(FLAGS).endpoints(), store.get());
    }
  }
}
