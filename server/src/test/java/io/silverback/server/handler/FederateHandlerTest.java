package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Labels;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FederateHandlerTest {
  private TestGateway gateway;
  private volatile HistoryQuery asked = new HistoryQuery(List.of(), 0, 0);

  @BeforeAll
  void start() {
    gateway =
        TestGateway.start(
            SomeHistory::new,
            "--remote-read.external-label=region=eu",
            "--limits.max-history-samples=10");
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  private final class SomeHistory extends FrontStore {
    private SomeHistory(MetricStore store) {
      super(store);
    }

    @Override
    public void history(HistoryQuery query, QueryBudget budget, HistorySink sink)
        throws IOException {
      asked = query;
      long[] times = {1_000, 2_000};
      give(query, sink, "z", Labels.of("job", "b"), new HeldSamples(times, 1, 2.5));
      give(query, sink, "a", Labels.of("Upper", "x", "job", "b"), new HeldSamples(times, 1, -0.0));
      give(query, sink, "z", Labels.of("instance", "i", "job", "a"), new HeldSamples(times, 1, 7));
      give(query, sink, "z", Labels.of("region", "us"), new HeldSamples(times, 1, Double.NaN));
      give(query, sink, "gone", Labels.EMPTY, new HeldSamples(times, 1, HistoryQuery.STALE));
      give(query, sink, "many", Labels.EMPTY, new HeldSamples(new long[11], new double[11]));
    }

    private static void give(
        HistoryQuery query, HistorySink sink, String name, Labels labels, HeldSamples samples)
        throws IOException {
      if (query.matches(name, labels)) {
        sink.series(name, labels, samples);
      }
    }
  }

  private Answer ask(String selector, String... headers) throws IOException {
    String match = URLEncoder.encode(selector, StandardCharsets.UTF_8);
    return gateway.get("/federate?match[]=" + match, headers);
  }

  @Test
  void theNewestSamplesAreShownByNameWithoutATypeAndWithTheirTimes() throws IOException {
    Answer answer = ask("{__name__=~\"a|z|gone\"}");

    assertEquals(200, answer.status());
    assertEquals(Optional.of("Accept-Encoding"), answer.header("Vary"));
    assertTrue(
        answer.header("Content-Type").orElseThrow().startsWith("text/plain; version=0.0.4"),
        answer.headerLines()::toString);
    assertEquals(
        """
        # TYPE a untyped
        a{Upper="x",instance="",job="b",region="eu"} 0 2000
        # TYPE z untyped
        z{instance="i",job="a",region="eu"} 7 2000
        z{instance="",job="b",region="eu"} 2.5 2000
        z{instance="",region="us"} NaN 2000
        """,
        answer.text());
  }

  @Test
  void aSampleOfTheLastFiveMinutesCounts() throws IOException {
    long before = System.currentTimeMillis();
    ask("a");
    assertTrue(asked.endMillis() >= before && asked.endMillis() <= System.currentTimeMillis());
    assertEquals(300_000, asked.endMillis() - asked.startMillis());
    assertTrue(asked.marksEnds());
  }

  @Test
  void itIsNeverOpenMetricsAndCanBeProtobuf() throws IOException {
    Answer text = ask("a", "Accept: application/openmetrics-text; version=1.0.0");
    assertTrue(text.header("Content-Type").orElseThrow().startsWith("text/plain"), text.text());
    Answer protobuf =
        ask(
            "a",
            "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                + "encoding=text");
    assertTrue(protobuf.text().contains("timestamp_ms: 2000"), protobuf.text());
    assertTrue(protobuf.text().contains("type: UNTYPED"), protobuf.text());
  }

  @Test
  void faultsAreToldAsText() throws IOException {
    assertEquals("", gateway.get("/federate").text());
    assertEquals(200, gateway.get("/federate").status());
    Answer malformed = ask("a{");
    assertEquals(400, malformed.status());
    assertTrue(malformed.text().startsWith("1:3: parse error"), malformed.text());
    Answer tooMany = ask("many");
    assertEquals(422, tooMany.status());
    assertTrue(tooMany.text().contains("--limits.max-history-samples"), tooMany.text());
  }
}
