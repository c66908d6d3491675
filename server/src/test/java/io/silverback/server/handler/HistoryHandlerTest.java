package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Labels;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HistoryHandlerTest {
  private static final String PATH = "/api/v1/history";

  private TestGateway gateway;
  private volatile HistoryQuery asked = new HistoryQuery(List.of(), 0, 0);

  @BeforeAll
  void start() {
    gateway = TestGateway.start(SomeHistory::new);
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  /** The store of it, with a history of two series; notes what was asked last. */
  private final class SomeHistory extends FrontStore {
    private SomeHistory(MetricStore store) {
      super(store);
    }

    @Override
    public void history(HistoryQuery query, QueryBudget budget, HistorySink sink)
        throws IOException {
      asked = query;
      Labels labels = Labels.of("instance", "", "job", "api");
      if (query.matches("up", labels)) {
        long[] times = {1_700_000_000_123L, 1_700_000_001_000L};
        sink.series("up", labels, new HeldSamples(times, 1.5, 1e6));
      }
      labels = Labels.of("instance", "<a>", "job", "api");
      if (query.matches("my.metric", labels)) {
        sink.series("my.metric", labels, new HeldSamples(new long[] {1}, Double.NaN));
      }
      if (query.matches("odd", Labels.EMPTY)) {
        sink.series("odd", Labels.EMPTY, new HeldSamples(new long[] {1}, HistoryQuery.STALE));
      }
      if (query.marksEnds() && query.matches("gone", labels)) {
        var values = new HeldSamples(new long[] {1000, 2000, 3500}, 1, 2, HistoryQuery.STALE);
        sink.series("gone", labels, values);
      }
      if (query.matches("faulty", Labels.EMPTY)) {
        var many = new HeldSamples(new long[20_000], new double[20_000]);
        sink.series("faulty", Labels.EMPTY, many);
        throw new IllegalStateException("as the test wants it");
      }
    }
  }

  private Answer ask(String rawQuery) throws IOException {
    return gateway.get(PATH + rawQuery);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Test
  void seriesLookAsInARangeQueryOfPrometheus() throws IOException {
    Answer answer = ask("?match[]=" + encoded("{job=\"api\"}"));

    assertEquals(200, answer.status());
    assertEquals("application/json", answer.header("Content-Type").orElseThrow());
    assertEquals(
        """
        {"status":"success","data":{"resultType":"matrix","result":[\
        {"metric":{"__name__":"up","instance":"","job":"api"},\
        "values":[[1700000000.123,"1.5"],[1700000001,"1000000"]]},\
        {"metric":{"__name__":"my.metric","instance":"\\u003Ca\\u003E","job":"api"},\
        "values":[[0.001,"NaN"]]}]}}""",
        answer.text());
  }

  @Test
  void aSeriesThatHasEndedSaysWhen() throws IOException {
    String both = "?match[]=gone&match[]=up";
    String gone =
        """
        {"metric":{"__name__":"gone","instance":"\\u003Ca\\u003E","job":"api"},\
        "values":[[1,"1"],[2,"2"]],"ended":3.500}""";
    assertTrue(ask(both + "&ends=marked").text().contains("]]}," + gone));
    assertTrue(asked.marksEnds());
    assertEquals(
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[" + gone + "]}}",
        ask(both + "&ends=only").text());
    ask(both);
    assertFalse(asked.marksEnds());
    // A client may push that number, too.
    String odd = ask("?match[]=odd").text();
    assertTrue(odd.contains("\"values\":[[0.001,\"NaN\"]]}"), odd);
    Answer refused = ask(both + "&ends=yes");
    assertEquals(400, refused.status());
    assertTrue(
        refused.text().contains("must be marked or only: value=\\\"yes\\\""), refused.text());
  }

  @Test
  void nothingFoundIsAnEmptyResult() throws IOException {
    assertEquals(
        """
        {"status":"success","data":{"resultType":"matrix","result":[]}}""",
        ask("?match[]=nope").text());
  }

  @Test
  void bracketsAndPlusesMayBeEncodedOrNot() throws IOException {
    assertEquals(
        200, ask("?match[]=up{a=\"b+c\"}&x=y&&match%5B%5D=%7Ba%3D~%22b%2B%22%7D").status());
    assertEquals(SeriesSelector.parse(List.of("up{a=\"b c\"}", "{a=~\"b+\"}")), asked.selectors());
  }

  @Test
  void bothEndsAreTakenFromTheQuery() throws IOException {
    assertEquals(200, ask("?match[]=up&start=1.5&end=2023-11-14T23:13:20%2B01:00").status());

    assertEquals(1500, asked.startMillis());
    assertEquals(1_700_000_000_000L, asked.endMillis());
  }

  @Test
  void withoutEndsAllUntilNowIsMeant() throws IOException {
    long before = System.currentTimeMillis();
    assertEquals(200, ask("?match[]=up&start=").status());

    assertEquals(Long.MIN_VALUE, asked.startMillis());
    assertTrue(asked.endMillis() >= before);
    assertTrue(asked.endMillis() <= System.currentTimeMillis());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "^^              | no match[] parameter provided",
        "?               | no match[] parameter provided",
        "?match=up       | no match[] parameter provided",
        "?match[]=up&start=x   | invalid parameter \"start\": cannot parse \"x\" to a valid timestamp",
        "?match[]=up&end=5m    | invalid parameter \"end\": cannot parse \"5m\" to a valid timestamp",
        "?match[]=up&start=2&end=1.9 | invalid parameter \"end\": end timestamp must not be before start time",
        "?match[]=up&match[]=  | invalid parameter \"match[]\": 1:1: parse error: unexpected end of input, expected metric name or \"{\"",
        "?match[]={}     | invalid parameter \"match[]\": 1:1: parse error: selector must contain at least one non-empty matcher",
        "?match[]={a=\"%FF\"}  | invalid parameter \"match[]\": selector is not UTF-8",
        "?match[]=%zz    | error parsing form values: invalid URL escape in \"%zz\"",
        "?match[]=a;b    | error parsing form values: invalid semicolon separator in query",
      })
  void aFaultIsToldAsPrometheusDoes(String query, String message) throws IOException {
    Answer answer = ask(query);

    assertEquals(400, answer.status());
    assertEquals("application/json", answer.header("Content-Type").orElseThrow());
    assertEquals(
        "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\""
            + message.replace("\"", "\\\"")
            + "\"}",
        answer.text());
  }

  @Test
  void anAnswerCutOffByAFaultIsNotWhole() throws IOException {
    String request = "GET " + PATH + "?match[]=faulty HTTP/1.1\r\nHost: x\r\n\r\n";
    String answer;
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    assertTrue(answer.contains("[0,\"0\"],"), answer);
    assertFalse(answer.endsWith("\r\n0\r\n\r\n"), answer);
    assertFalse(answer.contains("]}"), answer);
  }

  @Test
  void requestsAreCounted() throws IOException {
    ask("");

    List<String> counted = gateway.exposed("handler=\"api/v1/history\"");
    assertTrue(
        counted.stream()
            .anyMatch(line -> line.contains("code=\"400\"") && line.contains("method=\"get\"")),
        counted::toString);
  }

  @Test
  void whatWasPushedIsAnswered() throws IOException {
    try (var plain = TestGateway.start("--web.route-prefix=/p")) {
      plain.send("PUT", "/p/metrics/job/x", "a 1\n");
      plain.send("PUT", "/p/metrics/job/x", "a 2.5\n");

      Answer answer = plain.get("/p" + PATH + "?match[]=a");
      assertEquals(200, answer.status());
      assertTrue(
          answer
              .text()
              .matches(
                  "\\{\"status\":\"success\",\"data\":\\{\"resultType\":\"matrix\",\"result\":\\[\\{"
                      + "\"metric\":\\{\"__name__\":\"a\",\"instance\":\"\",\"job\":\"x\"},"
                      + "\"values\":\\[(\\[[0-9.]+,\"1\"],)?\\[[0-9.]+,\"2.5\"]]}]}}\n?"),
          answer.text());
    }
  }

  @Test
  void aRetentionOfZeroKeepsNothing() throws IOException {
    try (var plain = TestGateway.start("--history.retention=0s")) {
      plain.send("PUT", "/metrics/job/x", "a 1\n");

      Answer answer = plain.get(PATH + "?match[]=a");
      assertEquals(200, answer.status());
      assertTrue(answer.text().contains("\"result\":[]"), answer.text());
    }
  }
}
