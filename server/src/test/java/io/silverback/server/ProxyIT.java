package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.silverback.server.RawHttp.Answer;
import io.silverback.server.wire.Attempt;
import io.silverback.server.wire.Attempts;
import io.silverback.server.wire.Connector;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A gateway behind proxies that let one team change its own groups: nothing else is ever changed,
 * whatever the team sends, no answer reaches another request, and honest pushes pass.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ProxyIT {
  private static final int ATTEMPTS_AT_ONCE = 64;
  private static final int HONEST_CLIENTS = 4;
  private static final int KEPT_REQUESTS = 300;

  private enum Kind {
    NGINX,
    HAPROXY
  }

  private RunningGateway gateway;
  private RunningProxy nginx;
  private RunningProxy haproxy;

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    gateway = RunningGateway.start();
    nginx = RunningProxy.nginx(folder, gateway);
    haproxy = RunningProxy.haproxy(folder, gateway);
  }

  @AfterAll
  void stop() {
    nginx.close();
    haproxy.close();
    gateway.close();
  }

  @BeforeEach
  void pushTheGroupOfAnotherTeam() {
    assertEquals(200, gateway.send("PUT", "/metrics/job/victim", "a 1\n").statusCode());
  }

  private RunningProxy proxy(Kind kind) {
    return switch (kind) {
      case NGINX -> nginx;
      case HAPROXY -> haproxy;
    };
  }

  @ParameterizedTest
  @EnumSource
  void nothingPassesThatTheProxyForbids(Kind kind) throws Exception {
    RunningProxy proxy = proxy(kind);
    var turns = new Semaphore(ATTEMPTS_AT_ONCE);
    var isOver = new AtomicBoolean();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var honest = new ArrayList<Future<Integer>>();
      for (int client = 0; client < HONEST_CLIENTS; client++) {
        String path = "/metrics/job/teama/client/" + client;
        honest.add(threads.submit(() -> pushHonestly(proxy, path, isOver)));
      }
      var attempts = new ArrayList<Future<?>>();
      for (Attempt attempt : Attempts.all()) {
        turns.acquire();
        attempts.add(
            threads.submit(
                () -> {
                  try {
                    check(attempt, attempt.send(Connector.to(proxy.port())));
                  } finally {
                    turns.release();
                  }
                  return null;
                }));
      }
      try {
        for (Future<?> attempt : attempts) {
          attempt.get();
        }
      } finally {
        isOver.set(true);
      }
      for (Future<Integer> client : honest) {
        assertTrue(client.get() > 0, "no honest client was served");
      }
    }
    List<String> foreign =
        gateway
            .scrape()
            .lines()
            .filter(line -> line.contains("job=\"") && !line.contains("job=\"teama\""))
            .filter(line -> !line.startsWith("push_"))
            .toList();
    assertEquals(List.of("a{instance=\"\",job=\"victim\"} 1"), foreign);
  }

  private void check(Attempt attempt, List<Answer> answers) {
    List<Integer> statuses = answers.stream().map(Answer::status).toList();
    String description = "after this attempt or one beside it: " + attempt + " " + statuses;
    assertTrue(statuses.stream().filter(status -> status < 300).count() <= 1, description);
    assertEquals("a{instance=\"\",job=\"victim\"} 1\n", gateway.scrapeOf("victim"), description);
  }

  /** Shows an answer that belongs to another request, as each of these has another status. */
  private static int pushHonestly(RunningProxy proxy, String path, AtomicBoolean isOver) {
    int rounds = 0;
    while (!isOver.get()) {
      assertEquals(200, Http.send("PUT", proxy.uri(path), "b 1\n").statusCode());
      assertEquals(400, Http.send("POST", proxy.uri(path), "b\n").statusCode());
      assertEquals(202, Http.send("DELETE", proxy.uri(path), "").statusCode());
      assertEquals(403, Http.get(proxy.uri(path)).statusCode());
      rounds++;
    }
    return rounds;
  }

  @ParameterizedTest
  @EnumSource
  void tenMegabytesAreStreamedThrough(Kind kind) throws IOException {
    byte[] body = ManySeries.body();
    for (boolean isChunked : new boolean[] {false, true}) {
      var push = (HttpURLConnection) proxy(kind).uri("/metrics/job/teama").toURL().openConnection();
      push.setRequestMethod("PUT");
      push.setDoOutput(true);
      if (isChunked) {
        push.setChunkedStreamingMode(0);
      } else {
        push.setFixedLengthStreamingMode(body.length);
      }
      try (OutputStream out = push.getOutputStream()) {
        out.write(body);
      }
      assertEquals(200, push.getResponseCode());
      // The proxy ends what is idle for long, and a streamed body cannot be sent again.
      push.disconnect();
      ManySeries.assertShownOnce(gateway, "teama");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKeptConnectionCarriesManyPushes(Kind kind) {
    for (int i = 1; i <= KEPT_REQUESTS; i++) {
      String path = "/metrics/job/teama/number/" + i % 7;
      assertEquals(
          200, Http.send("PUT", proxy(kind).uri(path), "b " + i + "\n").statusCode(), "push " + i);
    }
    for (int i = 0; i < 7; i++) {
      List<JsonNode> groups = gateway.groupsOf("teama");
      assertEquals(7 - i, groups.size());
      String path = "/metrics/job/teama/number/" + i;
      assertEquals(202, Http.send("DELETE", proxy(kind).uri(path), "").statusCode());
    }
    assertEquals(List.of(), gateway.groupsOf("teama"));
  }
}
