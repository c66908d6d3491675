package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Deadline;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.FrontStore;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.QueryBudget;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long the server works for a client, and on how much. */
@Timeout(120)
final class WorkBoundsTest {
  private static final String PUSH =
      "PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na 1\n";
  private static final String QUERY = "GET /api/v1/history?match[]=a HTTP/1.1\r\nHost: x\r\n\r\n";

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  /** A store that works until a test ends it. */
  private final class BusyStore extends FrontStore {
    BusyStore(MetricStore store) {
      super(store);
    }

    @Override
    public Submission submit(GroupUpdate update) {
      work();
      return new Submission.Accepted();
    }

    @Override
    public void history(HistoryQuery query, QueryBudget budget, HistorySink sink) {
      work();
    }

    private void work() {
      begun.countDown();
      try {
        while (true) {
          Deadline.current().look();
        }
      } finally {
        ended.countDown();
      }
    }
  }

  @Test
  void aPushThatTakesTooLongIsEnded() throws IOException {
    try (var gateway = TestGateway.start(BusyStore::new, "--limits.push-timeout=100ms")) {
      Answer refused = gateway.send("PUT", "/metrics/job/x", "a 1\n");

      assertEquals(503, refused.status());
      assertTrue(refused.text().contains("raise --limits.push-timeout"), refused.text());
      assertTrue(refused.header("Retry-After").isPresent());
    }
  }

  @Test
  void aQueryThatTakesTooLongIsEnded() throws IOException {
    try (var gateway = TestGateway.start(BusyStore::new, "--limits.query-timeout=100ms")) {
      Answer refused = gateway.get("/api/v1/history?match[]=a");

      assertEquals(503, refused.status());
      assertTrue(refused.text().contains("raise --limits.query-timeout"), refused.text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PUSH, QUERY})
  void workEndsWithTheConnection(String request) throws Exception {
    try (var gateway = TestGateway.start(BusyStore::new, "--limits.push-timeout=10m");
        var client = new OpenRequest(gateway.port())) {
      client.send(request);
      assertTrue(begun.await(60, TimeUnit.SECONDS));
      client.reset();

      assertTrue(ended.await(60, TimeUnit.SECONDS));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PUSH, QUERY})
  void workEndsSoonAfterTheClientHasEndedItsSide(String request) throws Exception {
    try (var gateway = TestGateway.start(BusyStore::new, "--limits.push-timeout=10m")) {
      try (var client = new OpenRequest(gateway.port())) {
        client.send(request);
        assertTrue(begun.await(60, TimeUnit.SECONDS));
      }

      assertTrue(ended.await(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void whatAClientSendsDuringTheWorkIsItsNextRequest() throws Exception {
    try (var gateway = TestGateway.start(BusyStore::new, "--limits.push-timeout=500ms");
        var client = new OpenRequest(gateway.port())) {
      client.send(PUSH);
      assertTrue(begun.await(60, TimeUnit.SECONDS));
      client.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

      String answers = client.readToEnd();

      assertTrue(answers.startsWith("HTTP/1.1 503"), answers);
      assertTrue(answers.contains("HTTP/1.1 200"), answers);
    }
  }

  @Test
  void aPushMayNotHaveTooManyNames() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-families-per-push=2")) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/x", "a 1\nb 1\n").status());

      Answer refused = gateway.send("PUT", "/metrics/job/x", "a 1\nb 1\nc 1\n");

      assertEquals(422, refused.status());
      assertEquals(
          "the push has too many metrics of different names, use labels or raise"
              + " --limits.max-families-per-push: names=3 limit=2\n",
          refused.text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /api/v1/history", "POST /api/v1/admin/delete_groups"})
  void aRequestMayNotHaveTooManySelectors(String request) throws IOException {
    String method = request.substring(0, request.indexOf(' '));
    String path = request.substring(request.indexOf(' ') + 1);
    try (var gateway = TestGateway.start("--web.enable-admin-api", "--limits.max-selectors=2")) {
      String two = path + "?match[]=%7Bjob=%22x%22%7D&match[]=%7Bjob=%22y%22%7D";
      assertEquals(200, gateway.send(method, two, "").status());

      Answer refused = gateway.send(method, two + "&match[]=%7Bjob=%22z%22%7D", "");

      assertEquals(422, refused.status());
      assertTrue(
          refused.text().contains("--limits.max-selectors: selectors=3 limit=2"), refused.text());
    }
  }

  @Test
  void aFormMayNotBeTooLong() throws IOException {
    try (var gateway = TestGateway.start("--web.enable-admin-api", "--limits.max-form-size=64B")) {
      String form = "match[]=%7Bjob=%22x%22%7D";
      String type = "Content-Type: application/x-www-form-urlencoded";
      assertEquals(200, gateway.send("POST", "/api/v1/admin/delete_groups", form, type).status());

      Answer refused =
          gateway.send("POST", "/api/v1/admin/delete_groups", (form + "&").repeat(5), type);

      assertEquals(413, refused.status());
      assertTrue(refused.text().contains("raise --limits.max-form-size"), refused.text());
    }
  }
}
