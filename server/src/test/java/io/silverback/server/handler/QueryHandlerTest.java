package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class QueryHandlerTest {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private TestGateway gateway;
  private long pushedMillis;

  @BeforeAll
  void start() throws IOException {
    gateway = TestGateway.start();
    gateway.send("PUT", "/metrics/job/b", "# TYPE x counter\n# HELP x Of\\nall.\nx{k=\"1\"} 1\n");
    gateway.send("PUT", "/metrics/job/b", "# TYPE x counter\n# HELP x Of\\nall.\nx{k=\"1\"} 2.5\n");
    gateway.send(
        "PUT", "/metrics/job/a", "# TYPE x counter\n# HELP x Of\\nall.\nx{k=\"2\"} NaN\ny 1\n");
    gateway.send("PUT", "/metrics/job/gone", "gone 1\n");
    gateway.send("DELETE", "/metrics/job/gone", "");
    pushedMillis = System.currentTimeMillis();
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private JsonNode data(String pathAndQuery) throws IOException {
    Answer answer = gateway.get("/api/v1/" + pathAndQuery);
    assertEquals(200, answer.status(), answer.text());
    JsonNode all = JSON.readTree(answer.text());
    assertEquals("success", all.path("status").asText());
    return all.path("data");
  }

  private static List<String> values(JsonNode series) {
    var values = new ArrayList<String>();
    series.path("values").forEach(point -> values.add(point.path(1).asText()));
    return values;
  }

  @Test
  void aSelectorHasTheNewestValuesAtTheTimeThatIsAskedFor() throws IOException {
    String time = pushedMillis / 1000 + 10 + ".125";
    JsonNode data = data("query?query=" + encoded("x{k!=\"3\"}") + "&time=" + time);
    assertEquals("vector", data.path("resultType").asText());
    assertEquals(
        "[{\"metric\":{\"__name__\":\"x\",\"job\":\"a\",\"k\":\"2\"},\"value\":[%s,\"NaN\"]},"
                .formatted(time)
            + "{\"metric\":{\"__name__\":\"x\",\"job\":\"b\",\"k\":\"1\"},\"value\":[%s,\"2.5\"]}]"
                .formatted(time),
        data.path("result").toString());
  }

  @Test
  void whatIsOlderThanFiveMinutesOrHasEndedIsNotThere() throws IOException {
    long time = pushedMillis / 1000 + 302;
    assertEquals("[]", data("query?query=y&time=" + time).path("result").toString());
    assertEquals(1, data("query?query=y&time=" + (time - 10)).path("result").size());
    assertEquals("[]", data("query?query=gone").path("result").toString());
    assertEquals(List.of("1"), values(data("query?query=gone%5B1h%5D").path("result").path(0)));
  }

  @Test
  void aRangeHasAllThatWasPushed() throws IOException {
    JsonNode data = data("query?query=" + encoded("x{k=\"1\"}[1h30m]"));
    assertEquals("matrix", data.path("resultType").asText());
    assertEquals(List.of("1", "2.5"), values(data.path("result").path(0)));
    assertEquals(
        "[]", data("query?query=" + encoded("x[5m]") + "&time=1").path("result").toString());
  }

  @Test
  void stepsHaveTheNewestValueOfEach() throws IOException {
    long start = pushedMillis / 1000 - 20;
    JsonNode data =
        data("query_range?query=y&start=" + start + "&end=" + (start + 340) + "&step=20s");
    assertEquals("matrix", data.path("resultType").asText());
    JsonNode points = data.path("result").path(0).path("values");
    // From the second or third one on, and for five minutes.
    assertTrue(points.size() >= 14 && points.size() <= 16, data::toString);
    assertEquals(0, (points.path(0).path(0).asLong() - start) % 20);
    assertEquals("1", points.path(0).path(1).asText());
  }

  @Test
  void parametersMayComeAsAForm() throws IOException {
    Answer answer =
        gateway.send(
            "POST", "/api/v1/query", "query=y", "Content-Type: application/x-www-form-urlencoded");
    assertTrue(answer.text().contains("\"__name__\":\"y\""), answer.text());
  }

  /** Grafana asks it when a data source is saved. */
  @Test
  void theProbeOfGrafanaIsAnswered() throws IOException {
    JsonNode data = data("query?query=" + encoded("1+1") + "&time=4");
    assertEquals("{\"resultType\":\"scalar\",\"result\":[4,\"2\"]}", data.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rate(x[5m])",
        "x + y",
        "sum by (job) (x)",
        "x[5m] offset 1m",
        "x[5m:1m]",
        "x[0s]",
        "x[99999999999999y]",
        "x[999999999y]",
        "x[]",
        "[5m]",
        "{}",
        "{k=\"\"}[5m]",
        "",
        "1 + 1"
      })
  void anythingElseIsToldWhereToAskInstead(String query) throws IOException {
    for (String path : List.of("query?", "query_range?start=1&end=2&step=1&")) {
      Answer answer = gateway.get("/api/v1/" + path + "query=" + encoded(query));
      assertEquals(400, answer.status(), answer.text());
      assertTrue(answer.text().contains("\"errorType\":\"bad_data\""), answer.text());
      assertTrue(answer.text().contains("ask a Prometheus that reads this server"), answer.text());
    }
  }

  @Test
  void aQueryThatIsCutAnywhereIsAnsweredOrRefused() throws IOException {
    String whole = "{__name__=\"x\",k=~\"[12]\",job!=\"\\u00e9[\"} [ 1h30m5s ] ";
    for (int end = 0; end <= whole.length(); end++) {
      String cut = whole.substring(0, end);
      int status = gateway.get("/api/v1/query?query=" + encoded(cut)).status();
      assertTrue(status == 200 || status == 400, () -> "status=" + status + " query=" + cut);
    }
    assertEquals(2, data("query?query=" + encoded(whole)).path("result").size());
  }

  /** As much as a form may have, of what looks like a range for long; a fault would take hours. */
  @ParameterizedTest
  @ValueSource(strings = {"x[%s", "x[%s]", "x[%s]x", "%s[5m", "%s]", "x[5m%s]", "x%s"})
  @Timeout(60)
  void aLongQueryIsReadInOneGo(String form) throws IOException {
    for (String filling : List.of(" ", "[", "]", "1", "m", "[ ", "9s", "(")) {
      String query = form.formatted(filling.repeat(300_000 / encoded(filling).length()));
      Answer answer =
          gateway.send(
              "POST",
              "/api/v1/query",
              "query=" + encoded(query),
              "Content-Type: application/x-www-form-urlencoded");
      assertTrue(answer.status() == 200 || answer.status() == 400, answer.text());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "query?query=y&time=x",
        "query_range?query=y",
        "query_range?query=y&start=1&end=2",
        "query_range?query=y&start=1&end=2&step=0",
        "query_range?query=y&start=1&end=2&step=-1",
        "query_range?query=y&start=1&end=2&step=NaN",
        "query_range?query=y&start=1&end=2&step=x",
        "query_range?query=y&start=2&end=1&step=1",
        "query_range?query=y&start=0&end=11000&step=1",
        "query_range?query=y&start=-1e300&end=1e300&step=1",
        "query_range?query=y[5m]&start=1&end=2&step=1",
        "metadata?limit=x"
      })
  void faultsAreToldAsPrometheusDoes(String pathAndQuery) throws IOException {
    Answer answer = gateway.get("/api/v1/" + pathAndQuery.replace("[", "%5B").replace("]", "%5D"));
    assertEquals(400, answer.status(), answer.text());
    assertTrue(answer.text().contains("\"errorType\":\"bad_data\""), answer.text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e300", "-1e300", "9.2e15", "-9.2e15"})
  void timesAtTheEdgesFindNothing(String time) throws IOException {
    assertEquals("[]", data("query?query=y&time=" + time).path("result").toString());
    assertEquals(
        "[]",
        data("query_range?query=y&start=" + time + "&end=" + time + "&step=1e14")
            .path("result")
            .toString());
  }

  @Test
  void anAnswerOfTooManyPointsIsRefused() throws IOException {
    try (var small = TestGateway.start("--limits.max-history-samples=100")) {
      small.send("PUT", "/metrics/job/a", "x 1\n");
      long now = System.currentTimeMillis() / 1000;
      String since = "/api/v1/query_range?query=x&step=1&start=%d&end=%d";
      assertEquals(200, small.get(since.formatted(now - 50, now + 49)).status());
      Answer answer = small.get(since.formatted(now - 50, now + 50));
      assertEquals(422, answer.status(), answer.text());
      assertTrue(answer.text().contains("--limits.max-history-samples"), answer.text());
    }
  }

  @Test
  void metadataIsThatOfAScrape() throws IOException {
    JsonNode all = data("metadata");
    assertEquals(
        "[{\"type\":\"counter\",\"help\":\"Of\\nall.\",\"unit\":\"\"}]", all.path("x").toString());
    assertEquals("unknown", all.path("y").path(0).path("type").asText());
    assertEquals(Set.of("y"), names(data("metadata?metric=y")));
    assertEquals(1, data("metadata?limit=1").size());
    assertEquals("{}", data("metadata?metric=nope").toString());
    assertEquals("{}", data("metadata?limit_per_metric=0").toString());
  }

  private static Set<String> names(JsonNode object) {
    var names = new TreeSet<String>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
