package io.silverback.server.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.TestGateway;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code silverback check-push} says, and how it ends. */
final class CheckPushTest {
  @TempDir private Path folder;

  @Test
  void aPushThatWouldBeTakenIsOk() {
    assertEquals("0\nok: group={job=\"check\"} families=2\n", checked("a 1\nb 2\n"));
    assertEquals(
        "0\nok: group={instance=\"db-1\",job=\"a b\"} families=1\n",
        checked("a 1\n", "--grouping", "job/a%20b/instance/db-1"));
    assertEquals("0\nok: group={job=\"x/y\"} families=1\n", checked("a 1\n", "--job=x/y"));
  }

  @Test
  void everyFaultIsPrintedWithItsPlace() {
    assertEquals(
        """
        1
        -:1:3: expected float as value, got "one"
        -:3:4: expected '=' after label name, found '}'
        refused: status=400
        """,
        checked("a one\nb 1\nc{d} 1\n"));
    assertEquals(
        """
        1
        -:1:4: unexpected end of input stream
          hint: the last line has no line feed: add one, unless the body was cut off
        refused: status=400
        """,
        checked("a 1"));
  }

  @Test
  void whatIsWrongWithTheKeyOrOverALimitIsPrinted() {
    assertEquals(
        "1\nrefused: status=400\nimproper label name \"1b\"\n",
        checked("a 1\n", "--grouping=job/a/1b/c"));
    assertTrue(
        checked("a 1\n", "--job", "long", "--limits.max-key-length=3").contains("status=422"));
    assertTrue(checked("a 1\n".repeat(9), "--limits.max-body-size=9").contains("status=413"));
    assertEquals(
        """
        1
        refused: status=400
        pushed metrics are invalid or inconsistent with existing metrics: pushed metrics must not have timestamps
        """,
        checked("a 1 1\n"));
  }

  @Test
  void theConfigurationOfTheServerCounts() throws IOException {
    Path file = folder.resolve("silverback.yml");
    Files.writeString(file, "rewrite: [{label: job, regex: '(.*)-[0-9]+', set: {job: $1}}]\n");

    assertEquals(
        "0\nok: group={job=\"flink\"} families=1\n",
        checked("a 1\n", "--job=flink-7", "--config.file", file.toString()));
  }

  @Test
  void aServerAlsoKnowsWhatIsStored() throws IOException {
    try (var gateway = TestGateway.start("--web.enable-admin-api")) {
      gateway.send("PUT", "/metrics/job/holder", "# TYPE held counter\nheld 1\n");
      String to = "--to=http://127.0.0.1:" + gateway.port();

      assertEquals("0\nok: families=1 series=1\n", checked("a 1\n", to));
      assertTrue(checked("# TYPE held gauge\nheld 1\n", to).startsWith("1\nrefused: status=400\n"));
      assertEquals(
          "1\n-:1:3: expected float as value, got \"one\"\nrefused: status=400\n",
          checked("a one\n", to));
    }
  }

  @Test
  void whatIsWronglyUsedEndsWithTwo() throws IOException {
    assertEquals("2\ncheck-push: error: --job needs a value\n", checked("a 1\n", "--job"));
    assertTrue(checked("a 1\n", "--method=GET").startsWith("2\n"));
    assertTrue(checked("a 1\n", "--grouping=job/a?b").startsWith("2\n"));
    assertTrue(checked("a 1\n", "--no-such-flag").startsWith("2\n"));
    assertTrue(checked("a 1\n", "--to=ftp://x").startsWith("2\n"));
    assertTrue(checked("a 1\n", "--to=http://127.0.0.1:1", "--log.level=debug").startsWith("2\n"));
    assertTrue(checked("a 1\n", "--to=http://127.0.0.1:1").startsWith("2\n"));
    assertTrue(run(List.of(folder.resolve("none").toString()), "").startsWith("2\n"));
    assertTrue(run(List.of(), "").startsWith("2\nusage: silverback check-push"));
    assertTrue(run(List.of("--help"), "").startsWith("0\nusage: silverback check-push"));
    try (var gateway = TestGateway.start()) {
      String to = "--to=http://127.0.0.1:" + gateway.port();
      assertTrue(checked("a 1\n", to).contains("--web.enable-admin-api"));
    }
  }

  @Test
  void aFileIsReadAndItsNameIsPrinted() throws IOException {
    Path file = folder.resolve("body.txt");
    Files.writeString(file, "a one\n");

    assertTrue(run(List.of(file.toString()), "").startsWith("1\n" + file + ":1:3: expected"));
  }

  private static String checked(String body, String... flags) {
    var given = new ArrayList<String>();
    given.add("-");
    given.addAll(List.of(flags));
    return run(given, body);
  }

  private static String run(List<String> given, String input) {
    var arguments = new ArrayList<String>();
    arguments.add("check-push");
    arguments.addAll(given);
    var printed = new ByteArrayOutputStream();
    var stream = new PrintStream(printed, true, UTF_8);
    int exit =
        CheckPush.run(
            arguments, Map.of(), new ByteArrayInputStream(input.getBytes(UTF_8)), stream, stream);
    return exit + "\n" + printed.toString(UTF_8);
  }
}
