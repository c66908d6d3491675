package io.silverback.server.storage.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class GroupLocksTest {
  private static final GroupingKey X = GroupingKey.of("x");

  private final GroupLocks locks = new GroupLocks();

  @Test
  void noOtherGroupWaitsForOne() {
    try (var _ = locks.lock(X)) {
      // More than there could be locks for, were they shared; by this thread, which waits for none.
      Thread other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 10_000; i++) {
                      locks.lock(GroupingKey.of("x" + i)).close();
                    }
                  });
      join(other);
      assertFalse(other.isAlive());
    }
  }

  @Test
  void oneAtATimeWorksWithAGroup() throws Exception {
    int[] count = new int[1];
    try (var threads = Executors.newFixedThreadPool(4)) {
      var runs = new ArrayList<Future<?>>();
      for (int thread = 0; thread < 4; thread++) {
        runs.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 10_000; i++) {
                    try (var _ = locks.lock(X)) {
                      count[0]++;
                    }
                  }
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
    assertEquals(40_000, count[0]);
    assertEquals(0, locks.held());
  }

  @Test
  void theWaitEndsOnceTheUpdateHas() throws Exception {
    var isOver = new AtomicBoolean();
    var begun = new CountDownLatch(1);
    Thread update =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (var _ = locks.lock(X)) {
                    begun.countDown();
                    Thread.sleep(200);
                    isOver.set(true);
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
    assertTrue(begun.await(60, TimeUnit.SECONDS));

    locks.awaitHeld();

    assertTrue(isOver.get());
    join(update);
  }

  private static void join(Thread thread) {
    try {
      thread.join(60_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
