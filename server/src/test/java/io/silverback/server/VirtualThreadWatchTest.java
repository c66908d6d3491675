package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class VirtualThreadWatchTest {
  private final CountDownLatch ended = new CountDownLatch(1);

  @Test
  void endsOnceVirtualThreadsNoLongerRun() throws InterruptedException {
    var started = new AtomicInteger();
    // The first few run, and then none.
    Executor stalling =
        task -> {
          if (started.incrementAndGet() <= 3) {
            task.run();
          }
        };

    var watch = new VirtualThreadWatch(stalling, () -> 0, Duration.ofMillis(1), ended::countDown);
    Thread.ofPlatform().daemon().start(watch);

    assertTrue(ended.await(30, TimeUnit.SECONDS));
    assertEquals(4, started.get(), "one that does not run is enough, however long it takes");
  }

  @Test
  void goesOnWhileTheyRun() throws InterruptedException {
    var beats = new CountDownLatch(200);
    Executor counted =
        task ->
            Thread.startVirtualThread(
                () -> {
                  beats.countDown();
                  task.run();
                });

    var watch = new VirtualThreadWatch(counted, () -> 0, Duration.ofMillis(1), ended::countDown);
    Thread thread = Thread.ofPlatform().daemon().start(watch);

    assertTrue(beats.await(30, TimeUnit.SECONDS));
    assertEquals(1, ended.getCount());
    thread.interrupt();
    thread.join();
    assertEquals(1, ended.getCount(), "an interrupt is no stall");
  }

  @Test
  void doesNotTakeAProcessThatComputesForOneThatStandsStill() throws InterruptedException {
    var cpuNanos = new AtomicLong();
    var looks = new CountDownLatch(400);
    LongSupplier computing =
        () -> {
          looks.countDown();
          return cpuNanos.addAndGet(1_000_000_000);
        };

    var watch = new VirtualThreadWatch(_ -> {}, computing, Duration.ofMillis(1), ended::countDown);
    Thread thread = Thread.ofPlatform().daemon().start(watch);

    assertTrue(looks.await(30, TimeUnit.SECONDS));
    assertEquals(1, ended.getCount());
    thread.interrupt();
    thread.join();
  }
}
