package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.wire.Connector;
import io.silverback.server.wire.RandomConversation;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Random requests, most of them with something odd, mean the same to a real Pushgateway. {@code
 * -Dwire.conversations=} asks for more of them, and {@code -Dwire.seed=} for the same ones again.
 */
final class RandomRequestsIT {
  private static final int CONVERSATIONS = Integer.getInteger("wire.conversations", 400);

  @AutoClose private TestGateway gateway;
  @AutoClose private RunningPushgateway pushgateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start();
    pushgateway = RunningPushgateway.start();
  }

  @Test
  void areAnsweredAndStoredAsByAPushgateway() throws IOException {
    long seed = Long.getLong("wire.seed", System.nanoTime());
    System.out.println("random requests: wire.seed=" + seed);
    var random = new Random(seed);
    Connector ours = Connector.to(gateway.port());
    Connector theirs = Connector.to(pushgateway.uri("").getPort());
    for (int i = 0; i < CONVERSATIONS; i++) {
      var conversation = RandomConversation.next(random, "random_" + i);
      assertEquals(
          conversation.rightStatuses(theirs),
          conversation.statuses(ours),
          () -> "wire.seed=" + seed + "\n" + conversation);
    }
    // A Pushgateway answers a DELETE before it is done, but no later push is done before it.
    assertEquals(200, pushgateway.push("PUT", "/random_end", "a 1\n"));
    assertEquals(200, gateway.send("PUT", "/metrics/job/random_end", "a 1\n").status());
    assertEquals(
        samples(pushgateway.get("/metrics")),
        samples(gateway.get("/metrics").text()),
        () -> "stored differs: wire.seed=" + seed);
  }

  /** The series of pushes that succeeded, and the groups that there are. */
  private static List<String> samples(String page) {
    return page.lines()
        .filter(line -> line.contains("job=\"random_"))
        .map(line -> line.startsWith("push_") ? line.substring(0, line.indexOf('}')) : line)
        .sorted()
        .toList();
  }
}
