package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Many large pushes at once, to a server with little heap: it refuses some and lives. */
final class LargePushesIT {
  private static final int CLIENTS = 24;
  private static final int FAMILIES = 40_000;

  @Test
  void largePushesAtOnceNeverExhaustTheHeap() throws Exception {
    // Nothing takes more heap for a byte than families of one short line each.
    var body = new StringBuilder();
    for (int i = 0; i < FAMILIES; i++) {
      body.append('a').append(Integer.toString(i, 36)).append(" 1\n");
    }
    try (var gateway =
            RunningGateway.start(
                RunningGateway.launcher(),
                Map.of("SILVERBACK_JAVA_OPTS", "-Xmx256m"),
                "--limits.max-families-per-push=" + FAMILIES,
                "--limits.max-wait=1s");
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      assertEquals(200, gateway.send("PUT", "/metrics/job/before", "b 1\n").statusCode());
      var pushes = new ArrayList<Future<Integer>>();
      for (int client = 0; client < CLIENTS; client++) {
        String path = "/metrics/job/large/client/" + client;
        pushes.add(clients.submit(() -> gateway.send("PUT", path, body.toString()).statusCode()));
      }
      var statuses = new ArrayList<Integer>();
      for (Future<Integer> push : pushes) {
        statuses.add(push.get());
      }

      assertTrue(statuses.contains(200), statuses::toString);
      assertTrue(List.of(200, 503).containsAll(statuses), statuses::toString);
      String tooLarge = body.toString().repeat(10);
      assertEquals(413, gateway.send("PUT", "/metrics/job/huge", tooLarge).statusCode());
      assertEquals(
          "b{instance=\"\",job=\"before\"} 1\n",
          gateway.scrapeOf("before").replace("# TYPE b untyped\n", ""));
    }
  }
}
