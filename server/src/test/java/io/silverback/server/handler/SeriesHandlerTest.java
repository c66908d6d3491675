package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SeriesHandlerTest {
  private TestGateway gateway;

  @BeforeAll
  void start() throws IOException {
    gateway = TestGateway.start("--limits.max-history-samples=20");
    gateway.send("PUT", "/metrics/job/b", "x{k=\"2\"} 1\nx{k=\"1\"} 1\n");
    gateway.send("PUT", "/metrics/job/a/instance/i", "x 1\ny{Zone=\"z\"} 1\n");
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  private String data(String pathAndQuery) throws IOException {
    Answer answer = gateway.get("/api/v1/" + pathAndQuery);
    assertEquals(200, answer.status(), answer.text());
    String text = answer.text();
    assertTrue(text.startsWith("{\"status\":\"success\",\"data\":"), text);
    return text.substring("{\"status\":\"success\",\"data\":".length(), text.length() - 1);
  }

  private static String match(String selector) {
    return "match[]=" + URLEncoder.encode(selector, StandardCharsets.UTF_8);
  }

  @Test
  void seriesAreInTheOrderOfTheirLabels() throws IOException {
    assertEquals(
        "[{\"__name__\":\"x\",\"instance\":\"i\",\"job\":\"a\"},"
            + "{\"__name__\":\"x\",\"job\":\"b\",\"k\":\"1\"},"
            + "{\"__name__\":\"x\",\"job\":\"b\",\"k\":\"2\"}]",
        data("series?" + match("x")));
    assertEquals(
        "[{\"Zone\":\"z\",\"__name__\":\"y\",\"instance\":\"i\",\"job\":\"a\"}]",
        data("series?" + match("y") + "&" + match("nope")));
    assertEquals("[]", data("series?" + match("x") + "&end=1"));
    assertEquals("[]", data("series?" + match("x") + "&start=99999999999"));
  }

  @Test
  void namesAndValuesOfLabelsAreThoseOfAllSeriesOrOfSome() throws IOException {
    assertEquals("[\"Zone\",\"__name__\",\"instance\",\"job\",\"k\"]", data("labels"));
    assertEquals(
        "[\"__name__\",\"instance\",\"job\"]", data("labels?" + match("x{instance=\"i\"}")));
    assertEquals("[\"push_time_seconds\",\"x\",\"y\"]", data("label/__name__/values"));
    assertEquals("[\"b\"]", data("label/job/values?" + match("x{k=~\"1|2\"}")));
    assertEquals("[]", data("label/nope/values"));
  }

  @Test
  void aLimitCutsTheAnswerAndSaysSo() throws IOException {
    assertEquals(
        "[\"push_time_seconds\"],\"warnings\":[\"results truncated due to limit\"]",
        data("label/__name__/values?limit=1"));
    assertEquals("[\"push_time_seconds\",\"x\",\"y\"]", data("label/__name__/values?limit=3"));
    assertEquals("[\"push_time_seconds\",\"x\",\"y\"]", data("label/__name__/values?limit=0"));
  }

  @Test
  void parametersMayComeAsAForm() throws IOException {
    Answer answer =
        gateway.send(
            "POST",
            "/api/v1/labels",
            match("y"),
            "Content-Type: application/x-www-form-urlencoded");
    assertTrue(
        answer.text().contains("[\"Zone\",\"__name__\",\"instance\",\"job\"]"), answer.text());
  }

  @ParameterizedTest
  @CsvSource({
    "/api/v1/series, 400",
    "/api/v1/series?match[]=%7B, 400",
    "/api/v1/labels?limit=-1, 400",
    "/api/v1/labels?start=2&end=1, 400",
  })
  void faultsAreToldAsPrometheusDoes(String path, int status) throws IOException {
    Answer answer = gateway.get(path);
    assertEquals(status, answer.status());
    assertTrue(answer.text().contains("\"errorType\":\"bad_data\""), answer.text());
  }

  @Test
  void tooMuchIsRefused() throws IOException {
    try (var small = TestGateway.start("--limits.max-history-samples=2")) {
      small.send("PUT", "/metrics/job/b", "x 1\ny 1\nz 1\n");
      Answer answer = small.get("/api/v1/labels");
      assertEquals(422, answer.status());
      assertTrue(answer.text().contains("--limits.max-history-samples"), answer.text());
    }
  }
}
