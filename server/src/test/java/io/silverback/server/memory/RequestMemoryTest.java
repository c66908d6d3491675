package io.silverback.server.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class RequestMemoryTest {
  private static final long MEMORY = 32_000;
  private static final long SCRAPE_SHARE = 2_000;
  private static final long SCRAPES_ASSURED = 2 * SCRAPE_SHARE;
  private static final long BODY_SHARE = 1_000;
  private static final long BODIES_ASSURED = 4 * BODY_SHARE;

  private final AtomicLong room = new AtomicLong();
  private final RequestMemory memory = memory(Duration.ZERO);

  private RequestMemory memory(Duration maxWait) {
    var requests = new RequestMemory(MEMORY, 10_000, 8_000, 500, maxWait);
    requests.boundBy(bytes -> bytes <= room.get());
    return requests;
  }

  @Test
  void eachKindHasItsShareHoweverFullTheProcessIs() {
    try (var scrape = memory.scrapes().lease();
        var body = memory.bodies().lease();
        var query = memory.queries().lease()) {
      assertTrue(scrape.take(SCRAPES_ASSURED));
      assertTrue(body.tryTake(BODIES_ASSURED));
      // No more is set aside than the kind may have at all.
      assertTrue(query.take(500));

      assertFalse(scrape.take(1));
      assertTrue(scrape.isProcessFull(1));
      assertFalse(body.tryTake(1));
      assertFalse(query.canTake(1));
    }
  }

  @Test
  void moreThanTheShareTakesRoomOfTheProcess() {
    room.set(500);
    try (var first = memory.bodies().lease();
        var second = memory.bodies().lease()) {
      assertTrue(first.take(BODIES_ASSURED - 100));
      assertFalse(second.take(601));
      assertTrue(second.take(600));
      assertTrue(second.take(500), "the share is taken, so all of it is room of the process");
      assertFalse(second.take(501));
      room.set(100_000);
      assertFalse(second.take(3_101), "above the pool's own limit");
      assertFalse(second.isProcessFull(3_101));
    }
  }

  @Test
  void whatIsSetAsideAndNotTakenHasToStayFree() {
    long all = SCRAPE_SHARE + BODY_SHARE + 500;
    assertEquals(all, memory.untouchedBytes());
    room.set(5_000);
    try (var body = memory.bodies().lease()) {
      body.take(700);
      assertEquals(all - 700, memory.untouchedBytes());
      body.take(700);
      assertEquals(all - BODY_SHARE, memory.untouchedBytes());
      assertEquals(1_400, memory.takenBytes());
      body.giveBack(900);
      assertEquals(all - 500, memory.untouchedBytes());
    }
    assertEquals(all, memory.untouchedBytes());
    assertEquals(0, memory.takenBytes());
  }

  @Test
  void aRequestWaitsUntilTheProcessHasRoomAgain() throws Exception {
    RequestMemory patient = memory(Duration.ofSeconds(20));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var body = patient.bodies().lease()) {
      var waiting = threads.submit(() -> body.take(BODIES_ASSURED + 1));
      while (!patient.bodies().isWaitedFor()) {
        Thread.sleep(1);
      }
      room.set(1);

      assertTrue(waiting.get());
      assertFalse(patient.bodies().isWaitedFor());
    }
  }

  @Test
  void aRequestThatIsInterruptedNoLongerWaits() {
    RequestMemory patient = memory(Duration.ofSeconds(20));
    try (var body = patient.bodies().lease()) {
      Thread.currentThread().interrupt();
      assertFalse(body.take(BODIES_ASSURED + 1));

      assertTrue(Thread.interrupted());
      assertFalse(patient.bodies().isWaitedFor());
      assertEquals(0, patient.takenBytes());
    }
  }

  @Test
  void nothingIsSetAsideWhereThereIsNoLimit() {
    RequestMemory unlimited = RequestMemory.unlimited();
    unlimited.boundBy(_ -> false);
    assertEquals(0, unlimited.untouchedBytes());
    try (var lease = unlimited.bodies().lease()) {
      assertTrue(lease.tryTake(Long.MAX_VALUE / 4));
    }
  }
}
