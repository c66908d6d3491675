package io.silverback.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class CrowdOfPushersTest {
  private static final Duration PERIOD = Duration.ofMillis(50);
  private static final Duration STANDS_STILL = Duration.ofMillis(600);
  private static final int ROUNDS = 30;

  @Test
  void aServerThatStandsStillMakesAllLateThatWereDueMeanwhile()
      throws IOException, InterruptedException {
    var pushes = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          int push = pushes.incrementAndGet();
          if (push == 5) {
            pause(STANDS_STILL);
          }
          exchange.sendResponseHeaders(push == 3 ? 503 : 200, -1);
          exchange.close();
        });
    server.start();
    try {
      CrowdOfPushers.Seen seen =
          CrowdOfPushers.run(
              server.getAddress().getPort(),
              "/metrics/job/a",
              List.of(Workloads.batchBody(0)),
              System.nanoTime(),
              PERIOD.toNanos(),
              ROUNDS);
      assertEquals(1, seen.refused());
      assertEquals(ROUNDS - 2, seen.nanos().length, "all but the first one and the refused one");
      long late = Arrays.stream(seen.nanos()).filter(nanos -> nanos > 2 * PERIOD.toNanos()).count();
      assertTrue(late >= STANDS_STILL.dividedBy(PERIOD) - 4, "late=" + late);
    } finally {
      server.stop(0);
    }
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
