package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link KillIT} relies on: its check accepts a sound page and no other. */
final class KilledGroupTest {
  private final List<KilledGroup> groups =
      IntStream.range(0, 6).mapToObj(KilledGroup::new).toList();

  private TestGateway gateway;

  @BeforeEach
  void start() {
    gateway = TestGateway.start();
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void push(KilledGroup group) throws IOException {
    KilledGroup.Write write = group.next();
    int status = gateway.send(write.method(), group.path(), write.body()).status();
    assertEquals(write.method().equals("DELETE") ? 202 : 200, status);
  }

  private String page() throws IOException {
    return gateway.get("/metrics").text();
  }

  @Test
  void pageOfEveryAcknowledgedPushIsSound() throws IOException {
    for (int round = 0; round < 9; round++) {
      for (KilledGroup group : groups) {
        push(group);
        group.acknowledged();
        group.check(page(), "round=" + round);
      }
    }
  }

  @Test
  void pushUnderWayMayShowOrNot() throws IOException {
    for (KilledGroup group : groups) {
      push(group);
      group.acknowledged();
      String before = page();
      push(group);
      group.check(page(), "stored");
      group.next();
      group.check(page(), "not stored");
      assertThrows(AssertionError.class, () -> group.check(before, "older"));
    }
  }

  @Test
  void halfAPushIsFound() throws IOException {
    KilledGroup wide = groups.get(3);
    push(wide);
    String page = page();
    int line = page.indexOf("\nkilled_");
    String half = page.substring(0, line) + page.substring(page.indexOf('\n', line + 1));
    assertThrows(AssertionError.class, () -> wide.check(half, "half"));
  }
}
