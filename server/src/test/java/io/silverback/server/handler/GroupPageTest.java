package io.silverback.server.handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.json.GroupCursor;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code GET /api/v1/metrics} with parameters, over HTTP. */
final class GroupPageTest {
  private static final String PATH = "/api/v1/metrics";

  /** In the order of their keys; the last but one is above it only as UTF-16. */
  private static final List<String> JOBS = List.of("a", "b", "b\u0000c", "d &=;+%", "\uffee", "🦍");

  private static void pushAll(TestGateway gateway) throws IOException {
    for (String job : JOBS.reversed()) {
      assertEquals(200, gateway.send("PUT", pathOf(job), "m 1\n").status());
    }
  }

  private static String pathOf(String job) {
    String encoded = Base64.getUrlEncoder().encodeToString(job.getBytes(UTF_8));
    return "/metrics/job@base64/" + encoded;
  }

  private static List<String> jobs(JsonNode answer) {
    var jobs = new ArrayList<String>();
    answer.path("data").forEach(group -> jobs.add(group.path("labels").path("job").asText()));
    return jobs;
  }

  private static JsonNode json(Answer answer) throws IOException {
    assertEquals(200, answer.status(), answer::text);
    return new JsonMapper().readTree(answer.text());
  }

  /** A server in which some jobs have expired. */
  private static TestGateway withStale(List<String> stale) throws IOException {
    var store = new AtomicReference<MetricStore>();
    TestGateway gateway =
        TestGateway.start(
            own -> {
              store.set(own);
              return own;
            });
    pushAll(gateway);
    try (var snapshot = store.get().snapshot()) {
      snapshot
          .groups()
          .forEach(
              group -> {
                if (stale.contains(group.key().job())) {
                  store
                      .get()
                      .submit(
                          new GroupUpdate.Expire(
                              group.key(), group.bounds().lastPush().version(), false));
                }
              });
    }
    return gateway;
  }

  @Test
  void aPageFollowsAnotherUntilAllGroupsWereShownOnce() throws IOException {
    try (var gateway = TestGateway.start()) {
      pushAll(gateway);
      for (int limit = 1; limit <= JOBS.size() + 1; limit++) {
        var shown = new ArrayList<String>();
        String after = "";
        int pages = 0;
        do {
          JsonNode page = json(gateway.get(PATH + "?limit=" + limit + after));
          assertTrue(page.path("data").size() <= limit);
          shown.addAll(jobs(page));
          after = page.has("next") ? "&after=" + page.path("next").asText() : "";
          pages++;
        } while (!after.isEmpty());
        assertEquals(JOBS, shown);
        assertEquals((JOBS.size() + limit - 1) / limit, pages);
      }
    }
  }

  @Test
  void aPageGoesOnWhereTheGroupBeforeItWasDeleted() throws IOException {
    try (var gateway = TestGateway.start()) {
      pushAll(gateway);
      String after = json(gateway.get(PATH + "?limit=2")).path("next").asText();
      assertEquals(202, gateway.send("DELETE", pathOf("b"), "").status());
      assertEquals(200, gateway.send("PUT", pathOf("aa"), "m 1\n").status());

      assertEquals(JOBS.subList(2, JOBS.size()), jobs(json(gateway.get(PATH + "?after=" + after))));
    }
  }

  @Test
  void staleGroupsAreShownAloneOrLeftOut() throws IOException {
    List<String> stale = List.of("b", "🦍");
    try (var gateway = withStale(stale)) {
      assertEquals(stale, jobs(json(gateway.get(PATH + "?stale=true"))));
      assertEquals(
          JOBS.stream().filter(job -> !stale.contains(job)).toList(),
          jobs(json(gateway.get(PATH + "?stale=false"))));
      assertEquals(JOBS, jobs(json(gateway.get(PATH))));
      JsonNode first = json(gateway.get(PATH + "?stale=true&limit=1"));
      assertEquals(List.of("b"), jobs(first));
      JsonNode second =
          json(gateway.get(PATH + "?stale=true&limit=1&after=" + first.path("next").asText()));
      assertEquals(List.of("🦍"), jobs(second));
      assertFalse(second.has("next"));
      assertTrue(
          gateway.get("/").text().contains("2 groups are <a href=\"/api/v1/metrics?stale=true\">"));
    }
  }

  @Test
  void withoutItsParametersTheAnswerIsThatOfAPushgateway() throws IOException {
    try (var gateway = TestGateway.start()) {
      assertEquals("{\"status\":\"success\",\"data\":[]}", gateway.get(PATH).text());
      assertEquals("{\"status\":\"success\",\"data\":[]}", gateway.get(PATH + "?limit=1").text());
      pushAll(gateway);

      String all = gateway.get(PATH).text();

      assertTrue(all.startsWith("{\"status\":\"success\",\"data\":[{"), all);
      assertTrue(all.endsWith("}]}"), all);
      assertEquals(all, gateway.get(PATH + "?").text());
      assertEquals(all, gateway.get(PATH + "?_=1700000000&other").text());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stale=yes | \"stale\\\": must be true or false: value=\\\"yes\\\"",
        "stale= | \"stale\\\": must be true or false: value=\\\"\\\"",
        "stale=true&stale=false | \"stale\\\": must be given once",
        "limit=0 | \"limit\\\": must be a number from 1 to 2147483647: value=\\\"0\\\"",
        "limit=-1 | \"limit\\\": must be a number from 1 to 2147483647: value=\\\"-1\\\"",
        "limit=2147483648 | \"limit\\\": must be a number from 1 to 2147483647",
        "limit=x | \"limit\\\": must be a number from 1 to 2147483647: value=\\\"x\\\"",
        "after= | \"after\\\": must be the \\\"next\\\" of an earlier answer",
        "after=! | \"after\\\": must be the \\\"next\\\" of an earlier answer",
        "after=MzpqbwoK | \"after\\\": must be the \\\"next\\\" of an earlier answer",
        "after=YTow | \"after\\\": must be the \\\"next\\\" of an earlier answer",
      })
  void aBadValueIsToldByItsParameter(String query, String reason) throws IOException {
    try (var gateway = TestGateway.start()) {
      Answer answer = gateway.get(PATH + "?" + query);

      assertEquals(400, answer.status());
      assertTrue(
          answer
              .text()
              .startsWith(
                  "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
                      + "\"invalid parameter \\"
                      + reason),
          answer::text);
      assertEquals("*", answer.header("Access-Control-Allow-Origin").orElse(""));
    }
  }

  @Test
  void aCursorCutAnywhereIsRefusedOrNamesAnotherGroup() throws IOException {
    String whole = GroupCursor.after(GroupingKey.of("job", "instance", "🦍:4", "empty", ""));
    assertEquals(
        GroupingKey.of("job", "instance", "🦍:4", "empty", ""), GroupCursor.read("after", whole));
    try (var gateway = TestGateway.start()) {
      for (int end = 0; end < whole.length(); end++) {
        int status = gateway.get(PATH + "?after=" + whole.substring(0, end)).status();
        assertTrue(status == 400 || status == 200, "status=" + status + " end=" + end);
      }
    }
  }
}
