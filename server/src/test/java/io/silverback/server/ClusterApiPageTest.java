package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Sends the requests of {@code docs/formats/cluster-api.md} to three nodes, in the order of the
 * page. An answer has to have the status and the fields of the example, in their order, with values
 * of the same kinds; a boolean, and a text that is a word of the API, has to be the same.
 */
final class ClusterApiPageTest {
  private static final Path PAGES = Path.of("..", "docs", "formats");
  private static final Pattern EXAMPLE =
      Pattern.compile(
          "(?s)```\n\\$ (GET|POST|DELETE|PUT) (\\S+)\n((?:> [^\n]*\n)*)(\\d{3})\n(.*?)```");
  private static final int EXAMPLES = 25;

  /** Lines of the page that begin with "> " are the body of the request. */
  private record Example(String method, String path, String sent, int status, String body) {}

  @Test
  void theServerAnswersAsThePageSays() throws IOException {
    List<Example> examples = new ArrayList<>(examples("page-api.md"));
    examples.addAll(examples("cluster-api.md"));
    assertEquals(EXAMPLES, examples.size());
    try (var cluster = LocalCluster.start(3)) {
      assertEquals(200, cluster.send(1, "PUT", "/metrics/job/backup", "a 1\n").status());
      assertEquals(200, cluster.send(1, "PUT", "/metrics/job/restore", "b 1\n").status());
      assertEquals(400, cluster.send(2, "PUT", "/metrics/job/broken", "a one\n").status());
      assertEquals(200, cluster.send(1, "PUT", "/metrics/job/gone", "g 1\n").status());
      assertEquals(202, cluster.send(1, "DELETE", "/metrics/job/gone", "").status());
      for (Example example : examples) {
        // On a busy machine a lease may run out at any time; each request may be repeated.
        cluster.await(example.path(), () -> isSettled(cluster) && isAnswered(example, cluster));
      }
    }
  }

  private static boolean isAnswered(Example example, LocalCluster cluster) throws IOException {
    Answer answer = cluster.send(0, example.method(), example.path(), example.sent());
    try {
      assertEquals(example.status(), answer.status(), example + answer.text());
      var json = new JsonMapper();
      AlikeJson.assertAlike(
          json.readTree(example.body()), json.readTree(answer.text()), example.path());
      return true;
    } catch (AssertionError e) {
      System.out.println("not as on the page: " + e.getMessage());
      return false;
    }
  }

  private static boolean isSettled(LocalCluster cluster) throws IOException {
    return cluster.get(0, "/api/v1/cluster/status").text().contains("\"settled\":true");
  }

  private static List<Example> examples(String page) throws IOException {
    var examples = new ArrayList<Example>();
    Matcher matcher = EXAMPLE.matcher(Files.readString(PAGES.resolve(page)));
    while (matcher.find()) {
      String sent = matcher.group(3).replaceAll("(?m)^> ", "");
      int status = Integer.parseInt(matcher.group(4));
      examples.add(new Example(matcher.group(1), matcher.group(2), sent, status, matcher.group(5)));
    }
    return examples;
  }
}
