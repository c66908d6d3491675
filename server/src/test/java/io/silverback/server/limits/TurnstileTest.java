package io.silverback.server.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.limits.Turnstile.Place;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class TurnstileTest {
  @Test
  void oneClientNeverHasAllPlaces() throws Exception {
    var turnstile = new Turnstile(RequestLimit.SCRAPES, 8, Duration.ofMillis(50));
    for (int i = 0; i < 6; i++) {
      turnstile.enter("a");
    }
    OverLimitException refused = assertThrows(OverLimitException.class, () -> turnstile.enter("a"));

    assertEquals(RequestLimit.SCRAPES, refused.limit());
    turnstile.enter("b");
    turnstile.enter("c");
    assertEquals(8, turnstile.taken());
    assertThrows(OverLimitException.class, () -> turnstile.enter("d"));
    assertEquals(0, turnstile.waiting());
  }

  @Test
  void theNextPlaceGoesToTheClientThatHasTheFewest() throws Exception {
    var turnstile = new Turnstile(RequestLimit.SCRAPES, 2, Duration.ofMinutes(1));
    Place first = turnstile.enter("a");
    Place second = turnstile.enter("a");
    var entered = new LinkedBlockingQueue<String>();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> ofA = clients.submit(() -> enter(turnstile, "a", entered));
      await(turnstile, 1);
      Future<String> ofB = clients.submit(() -> enter(turnstile, "b", entered));
      await(turnstile, 2);

      first.close();
      assertEquals("b", entered.poll(1, TimeUnit.MINUTES));
      second.close();
      assertEquals("a", entered.poll(1, TimeUnit.MINUTES));
      assertEquals("ba", ofB.get() + ofA.get());
    }
    assertEquals(2, turnstile.taken());
  }

  @Test
  void aPlaceThatWasGivenBackIsFreeForTheSameClient() throws Exception {
    var turnstile = new Turnstile(RequestLimit.PUSHES, 1, Duration.ZERO);
    for (int i = 0; i < 3; i++) {
      try (var _ = turnstile.enter("a")) {
        assertEquals(1, turnstile.taken());
      }
      assertEquals(0, turnstile.taken());
    }
  }

  private static String enter(
      Turnstile turnstile, String client, LinkedBlockingQueue<String> entered) throws Exception {
    turnstile.enter(client);
    entered.add(client);
    return client;
  }

  private static void await(Turnstile turnstile, int waiting) throws InterruptedException {
    for (int i = 0; i < 1000 && turnstile.waiting() < waiting; i++) {
      Thread.sleep(10);
    }
    assertTrue(turnstile.waiting() >= waiting);
  }
}
