package io.silverback.server.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.memory.MemoryPool;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

final class LimitedMemoryTest {
  private final LimitedMemory memory =
      LimitedMemory.ofBodies(new MemoryPool(100 * 1024, Duration.ZERO));

  @Test
  void whatIsTakenIsGivenBackByTheClose() throws OverLimitException {
    try (var lease = memory.lease()) {
      lease.take(1);
      lease.take(50 * 1024);
      lease.giveBack(1024);
      lease.take(3);

      assertEquals(49 * 1024 + 4, memory.takenBytes());
    }
    assertEquals(0, memory.takenBytes());
  }

  @Test
  void whatOthersHaveIsNotToBeHad() throws OverLimitException {
    try (var first = memory.lease();
        var second = memory.lease()) {
      first.take(60 * 1024);
      assertFalse(second.tryTake(60 * 1024));
      var refused = assertThrows(OverLimitException.class, () -> second.take(60 * 1024));
      assertEquals(503, refused.status());
      assertEquals(60 * 1024, memory.takenBytes());

      first.giveBack(30 * 1024);
      assertTrue(second.tryTake(60 * 1024));
    }
    assertEquals(0, memory.takenBytes());
  }

  @Test
  void aSmallBodyGetsThroughWhileALargeOneWaits() throws Exception {
    var patient = LimitedMemory.ofBodies(new MemoryPool(100 * 1024, Duration.ofSeconds(20)));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var first = patient.lease();
        var small = patient.lease()) {
      first.take(60 * 1024);
      var waiting =
          threads.submit(
              () -> {
                try (var large = patient.lease()) {
                  large.take(50 * 1024);
                  return patient.takenBytes();
                }
              });
      while (!patient.isWaitedFor()) {
        Thread.sleep(1);
      }

      assertTrue(small.tryTake(40 * 1024));
      small.giveBack(40 * 1024);
      first.giveBack(60 * 1024);
      assertEquals(50 * 1024, waiting.get());
    }
    assertEquals(0, patient.takenBytes());
  }

  @Test
  void whatIsMoreThanThereIsWillNeverFit() throws OverLimitException {
    try (var lease = memory.lease()) {
      lease.take(60 * 1024);
      var refused = assertThrows(OverLimitException.class, () -> lease.take(41 * 1024));

      assertEquals(413, refused.status());
    }
    assertEquals(0, memory.takenBytes());
  }
}
