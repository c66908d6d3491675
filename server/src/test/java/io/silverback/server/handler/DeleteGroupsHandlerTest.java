package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DeleteGroupsHandlerTest {
  private static final String PATH = "/api/v1/admin/delete_groups";
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded";
  private static final JsonMapper JSON = new JsonMapper();

  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    gateway = TestGateway.start("--web.enable-admin-api");
    for (String group : List.of("a/instance/1", "a/instance/2", "b/instance/1", "c")) {
      gateway.send("PUT", "/metrics/job/" + group, "m{instance=\"body\"} 1\n");
    }
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      value = {
        "{job=\"a\"} => a1 a2",
        "{job!=\"\",instance=\"\"} => c",
        "{job!=\"\",instance!=\"1\"} => a2 c",
        "{job=~\"a|c\"} => a1 a2 c",
        "{job=~\".+\",job!~\"a|c\"} => b1",
        "{job=\"a\",instance=\"2\"} => a2",
        "{job=\"none\"} => ''",
        "{job=\"a\",instance=\"body\"} => ''",
      })
  void deletesTheGroupsWhoseGroupingLabelsMatch(String selector, String expected)
      throws IOException {
    String before = stored();

    JsonNode data = data(gateway.send("POST", PATH + "?match[]=" + encoded(selector), ""));

    assertEquals(expected, named(data));
    assertEquals(expected.isEmpty() ? 0 : expected.split(" ").length, data.get("count").asInt());
    var left = new ArrayList<>(List.of(before.split(" ")));
    left.removeAll(List.of(expected.split(" ")));
    assertEquals(String.join(" ", left), stored());
  }

  @Test
  void severalSelectorsAreAUnionWithoutDoubles() throws IOException {
    String query = "?match[]=" + encoded("{job=\"a\"}") + "&match[]=" + encoded("{instance=\"1\"}");

    assertEquals("a1 a2 b1", named(data(gateway.send("POST", PATH + query, ""))));
    assertEquals("c", stored());
  }

  @Test
  void aDryRunOnlyTells() throws IOException {
    String query = "?dry_run=true&match[]=" + encoded("{job=\"a\"}");

    JsonNode data = data(gateway.send("POST", PATH + query, ""));

    assertEquals("a1 a2", named(data));
    assertTrue(data.get("dry_run").asBoolean());
    assertEquals("a1 a2 b1 c", stored());
  }

  @Test
  void parametersMayStandInAFormAndInTheUrl() throws IOException {
    String form = "match%5B%5D=" + encoded("{job=\"a\"}");

    JsonNode data =
        data(
            gateway.send(
                "POST",
                PATH + "?match[]=" + encoded("{job=\"c\"}"),
                form,
                FORM + "; charset=utf-8"));

    assertEquals("a1 a2 c", named(data));
    assertEquals("b1", stored());
  }

  @Test
  void aDryRunInAFormIsOneToo() throws IOException {
    String form = "dry_run=true&match[]=" + encoded("{job=\"a\"}");

    assertEquals("a1 a2", named(data(gateway.send("POST", PATH, form, FORM))));
    assertEquals("a1 a2 b1 c", stored());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | no match[] parameter provided, add one",
        "?match[]= | parse error",
        "?match[]={} | use /api/v1/admin/wipe",
        "?match[]=%7Bjob%3D%22a%22%7D&match[]={} | use /api/v1/admin/wipe",
        "?match[]=up%7Bjob%3D%22a%22%7D | leave out the metric name",
        "?match[]=%7Bjob%3D~%22(%22%7D | error parsing regexp",
        "?match[]=%7Bjob%3D%22a%22%7D&dry_run | must be true or false",
        "?match[]=%7Bjob%3D%22a%22%7D&dry_run=yes | must be true or false",
        "?match[]=%7Bjob%3D%22a%22%7D&dryrun=true | there is no such parameter",
        "?match=%7Bjob%3D%22a%22%7D | there is no such parameter",
        "?match[]=%zz | invalid URL escape",
      })
  void whatIsWrongIsToldAndDeletesNothing(String query, String reason) throws IOException {
    Answer answer = gateway.send("POST", PATH + query, "");

    assertEquals(400, answer.status());
    assertTrue(answer.text().startsWith("{\"status\":\"error\""), answer.text());
    assertTrue(JSON.readTree(answer.text()).get("error").asText().contains(reason), answer.text());
    assertEquals("a1 a2 b1 c", stored());
  }

  @Test
  void theAnswerNamesAThousandGroupsAndCountsAll() throws IOException {
    for (int i = 0; i < 1005; i++) {
      gateway.send("PUT", "/metrics/job/many/n/" + i, "m 1\n");
    }

    JsonNode data = data(gateway.send("POST", PATH + "?match[]=" + encoded("{n!=\"\"}"), ""));

    assertEquals(1005, data.get("count").asInt());
    assertEquals(1000, data.get("groups").size());
    assertTrue(data.get("truncated").asBoolean());
    assertEquals("a1 a2 b1 c", stored());
  }

  @Test
  void isNotThereWithoutTheAdminApi() throws IOException {
    try (var closed = TestGateway.start()) {
      assertEquals(404, closed.send("POST", PATH + "?match[]=x", "").status());
    }
    assertEquals(405, gateway.get(PATH).status());
    assertFalse(stored().isEmpty());
  }

  private static JsonNode data(Answer answer) throws IOException {
    assertEquals(200, answer.status(), answer.text());
    JsonNode whole = JSON.readTree(answer.text());
    assertEquals("success", whole.get("status").asText());
    return whole.get("data");
  }

  private static String named(JsonNode data) {
    var names = new ArrayList<String>();
    data.get("groups").forEach(labels -> names.add(name(labels)));
    return String.join(" ", names.stream().sorted().toList());
  }

  private String stored() throws IOException {
    var names = new ArrayList<String>();
    for (JsonNode group : JSON.readTree(gateway.get("/api/v1/metrics").text()).get("data")) {
      names.add(name(group.get("labels")));
    }
    return String.join(" ", names.stream().sorted().toList());
  }

  private static String name(JsonNode labels) {
    return labels.get("job").asText()
        + (labels.has("instance") ? labels.get("instance").asText() : "");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
