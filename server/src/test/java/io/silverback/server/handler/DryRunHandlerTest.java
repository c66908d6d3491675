package io.silverback.server.handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DryRunHandlerTest {
  private static final String ADMIN = "--web.enable-admin-api";
  private static final String DRY_RUN = "/api/v1/admin/dry_run";
  private static final String METRICS = "/metrics";
  private static final String JOB = "/job/backup/instance/db-1";

  @TempDir private Path folder;

  @Test
  void nothingIsStoredAndNothingIsCounted() throws IOException {
    try (var gateway = TestGateway.start(ADMIN)) {
      assertTrue(verdict(gateway, "PUT", JOB, "a 1\n").path("taken").asBoolean());
      assertFalse(verdict(gateway, "PUT", JOB, "a one\n").path("taken").asBoolean());
      assertFalse(verdict(gateway, "PUT", JOB, "a 1 1\n").path("taken").asBoolean());

      assertEquals(List.of(), gateway.exposed("a{"));
      assertEquals(List.of(), gateway.exposed("push_time_seconds{"));
      assertEquals("[]", read(gateway.get("/api/v1/problems")).path("problems").toString());
      assertEquals("[]", read(gateway.get("/api/v1/admin/top?by=refusals")).toString());
    }
  }

  @Test
  void whatTheGroupWouldBecomeIsTold() throws IOException {
    try (var gateway = TestGateway.start(ADMIN)) {
      gateway.send("PUT", METRICS + JOB, "a 1\nb 2\n");
      String body =
          """
          # HELP b What it is.
          # TYPE b gauge
          b{x="1"} 1
          b{x="2"} 2
          # TYPE c histogram
          c_bucket{le="+Inf"} 1
          c_sum 1
          c_count 1
          """;

      assertEquals(
          "a 1 kept, b 2 replaced, c 1 new; series 2 to 6",
          outline(verdict(gateway, "POST", JOB, body)));
      assertEquals(
          "a 1 removed, b 2 replaced, c 1 new; series 2 to 5",
          outline(verdict(gateway, "PUT", JOB, body)));
      JsonNode b = verdict(gateway, "PUT", JOB, body).path("families").path(1);
      assertEquals("GAUGE", b.path("type").asText());
      assertEquals("What it is.", b.path("help").asText());
    }
  }

  @Test
  void everyFaultIsToldWithItsPlaceAndAHint() throws IOException {
    try (var gateway = TestGateway.start(ADMIN)) {
      JsonNode verdict = verdict(gateway, "PUT", JOB, "a 1\r\nb 2\nc{d} 3\n");

      assertEquals(400, verdict.path("status").asInt());
      assertEquals(
          "1:3 expected float as value, got \"1\\r\" hint=lines end in CR LF: end them in LF alone\n"
              + "3:4 expected '=' after label name, found '}' hint=",
          faults(verdict));
    }
  }

  @Test
  void aRefusalIsThatOfAPush() throws IOException {
    String longLabel = "/job/a/long/" + "0123456789".repeat(4);
    var refused =
        List.of(
            List.of("/job/a", "a one\n"),
            List.of("/job/a", "a{b=\"c\n"),
            List.of("/job/a", "a 1"),
            List.of("/job/a/b", "a 1\n"),
            List.of("/job@base64/=", "a 1\n"),
            List.of("/job/a/1b/c", "a 1\n"),
            List.of("/job/a/b/%ff", "a 1\n"),
            List.of(longLabel, "a 1\n"),
            List.of("/job/a", "a{b=\"1\",c=\"2\",d=\"3\",e=\"4\"} 1\n"),
            List.of("/job/a", "a 1\nb 1\nc 1\nd 1\ne 1\n"),
            List.of("/job/b", "a 1 1\n"),
            List.of("/job/b", "# TYPE held gauge\nheld 1\n"),
            List.of("/job/b", "a{job=\"1\"} 1\na{job=\"2\"} 1\n"),
            List.of("/job/c", "a 1\n"));
    try (var gateway =
        TestGateway.start(
            ADMIN,
            "--limits.max-groups=2",
            "--limits.max-label-length=30",
            "--limits.max-labels-per-series=4",
            "--limits.max-families-per-push=4")) {
      gateway.send("PUT", METRICS + "/job/holder", "# TYPE held counter\nheld 1\n");
      for (List<String> push : refused) {
        JsonNode verdict = verdict(gateway, "PUT", push.getFirst(), push.getLast());
        Answer pushed = gateway.send("PUT", METRICS + push.getFirst(), push.getLast());

        assertTrue(pushed.status() >= 400, push::toString);
        assertEquals(pushed.status(), verdict.path("status").asInt(), push::toString);
        assertEquals(pushed.text().strip(), verdict.path("reason").asText());
        assertFalse(verdict.path("taken").asBoolean());
      }
    }
  }

  @Test
  void whatRewriteRulesMakeOfTheKeyIsTold() throws IOException {
    Path file = folder.resolve("silverback.yml");
    Files.writeString(file, "rewrite: [{label: job, regex: '(.*)-[0-9]+', set: {job: $1}}]\n");
    try (var gateway = TestGateway.start(ADMIN, "--config.file=" + file)) {
      JsonNode verdict = verdict(gateway, "PUT", "/job/flink-7", "a 1\n");

      assertEquals("{\"job\":\"flink-7\"}", verdict.path("sent_labels").toString());
      assertEquals("{\"job\":\"flink\"}", verdict.path("labels").toString());
    }
  }

  @Test
  void withoutTheAdminApiThereIsNoSuchPath() throws IOException {
    try (var gateway = TestGateway.start()) {
      assertEquals(404, gateway.send("PUT", DRY_RUN + JOB, "a 1\n").status());
    }
  }

  @Test
  void withoutTheConsistencyCheckAPushIsTakenAsItWouldBe() throws IOException {
    try (var gateway = TestGateway.start(ADMIN, "--push.disable-consistency-check")) {
      gateway.send("PUT", METRICS + "/job/holder", "# TYPE held counter\nheld 1\n");
      JsonNode verdict = verdict(gateway, "PUT", JOB, "# TYPE held gauge\nheld 1\n");

      assertTrue(verdict.path("taken").asBoolean());
      assertEquals(202, verdict.path("status").asInt());
    }
  }

  @Test
  void aBodyThatIsCutOffOrABombEndsInAnAnswer() throws IOException {
    try (var gateway = TestGateway.start(ADMIN, "--limits.max-inflated-size=1MiB")) {
      byte[] whole = gzip("a{b=\"c\"} 1\n");
      for (int length = 0; length < whole.length; length++) {
        Answer answer =
            gateway.send(
                "PUT", DRY_RUN + JOB, Arrays.copyOf(whole, length), "Content-Encoding: gzip");
        assertFalse(read(answer).path("taken").asBoolean(), "length=" + length);
      }
      Answer bomb =
          gateway.send("PUT", DRY_RUN + JOB, gzip("a".repeat(2 << 20)), "Content-Encoding: gzip");
      assertEquals(413, bomb.status());
      assertTrue(bomb.text().contains("--limits.max-inflated-size"), bomb.text());
      Answer message =
          gateway.send(
              "PUT",
              DRY_RUN + JOB,
              new byte[] {5, 10, 1},
              "Content-Type: application/vnd.google.protobuf;"
                  + " proto=io.prometheus.client.MetricFamily; encoding=delimited");
      assertEquals(0, read(message).path("faults").path(0).path("line").asInt());
      assertFalse(read(message).path("taken").asBoolean());
    }
  }

  @Test
  void anAnswerIsShortWhateverIsSent() throws IOException {
    try (var gateway = TestGateway.start(ADMIN)) {
      var wide = new StringBuilder();
      for (int i = 0; i < 1000; i++) {
        wide.append("# HELP f").append(i).append(' ').append("h".repeat(2000)).append('\n');
        wide.append('f').append(i).append(" 1\n");
      }
      JsonNode verdict = verdict(gateway, "PUT", JOB, wide.toString());
      assertEquals(1000, verdict.path("families_in_all").asInt());
      assertEquals(200, verdict.path("families").size());
      assertTrue(verdict.toString().length() < 300_000);

      String tokens = ("a " + "\u0001".repeat(100_000) + "\n").repeat(30);
      JsonNode refused = verdict(gateway, "PUT", JOB, tokens);
      assertEquals(20, refused.path("faults").size());
      assertTrue(refused.toString().length() < 300_000);
    }
  }

  private static JsonNode verdict(TestGateway gateway, String method, String path, String body)
      throws IOException {
    Answer answer = gateway.send(method, DRY_RUN + path, body.getBytes(UTF_8));
    assertEquals(200, answer.status(), answer.text());
    return read(answer);
  }

  private static JsonNode read(Answer answer) throws IOException {
    return new JsonMapper().readTree(answer.text()).path("data");
  }

  private static String outline(JsonNode verdict) {
    var families = new ArrayList<String>();
    for (JsonNode family : verdict.path("families")) {
      families.add(
          "%s %d %s"
              .formatted(
                  family.path("name").asText(),
                  family.path("metrics").asInt(),
                  family.path("change").asText()));
    }
    return "%s; series %d to %d"
        .formatted(
            String.join(", ", families),
            verdict.path("series_before").asInt(),
            verdict.path("series").asInt());
  }

  private static String faults(JsonNode verdict) {
    var faults = new ArrayList<String>();
    for (JsonNode fault : verdict.path("faults")) {
      faults.add(
          "%d:%d %s hint=%s"
              .formatted(
                  fault.path("line").asInt(),
                  fault.path("column").asInt(),
                  fault.path("cause").asText(),
                  fault.path("hint").asText()));
    }
    return String.join("\n", faults);
  }

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }
}
