package io.silverback.cluster.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class ThreadLoopTest {
  private static final int CAPACITY = 8;

  @Test
  void tasksRunInOrderOnOneThread() throws Exception {
    try (var loop = new ThreadLoop("loop", 10_000, 2)) {
      var seen = new ArrayList<Integer>();
      var threads = new CopyOnWriteArrayList<Thread>();
      for (int i = 0; i < 1_000; i++) {
        int number = i;
        loop.execute(() -> seen.add(number));
      }
      loop.execute(() -> threads.add(Thread.currentThread()));
      runAndWait(loop);
      assertEquals(1_000, seen.size());
      for (int i = 0; i < seen.size(); i++) {
        assertEquals(i, seen.get(i));
      }
      assertEquals("loop", threads.getFirst().getName());
    }
  }

  /** With tasks of the loop, works beside it, timers, and threads of both kinds that bring some. */
  @Test
  void timersComeDueInTheOrderOfTheirTimes() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var seen = new CopyOnWriteArrayList<String>();
      var last = new CountDownLatch(1);
      long started = System.nanoTime();
      loop.schedule(Duration.ofMillis(60).toNanos(), last::countDown);
      loop.schedule(Duration.ofMillis(40).toNanos(), () -> seen.add("late"));
      loop.schedule(Duration.ofMillis(20).toNanos(), () -> seen.add("early"));
      loop.schedule(-1, () -> seen.add("at once"));
      assertTrue(last.await(10, TimeUnit.SECONDS));
      assertTrue(System.nanoTime() - started >= Duration.ofMillis(60).toNanos());
      assertEquals(List.of("at once", "early", "late"), seen);
    }
  }

  @Test
  void taskThatThrowsDoesNotEndTheLoop() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      loop.execute(
          () -> {
            throw new IllegalStateException("thrown by a test");
          });
      loop.execute(() -> Thread.currentThread().interrupt());
      runAndWait(loop);
    }
  }

  @Test
  void fullMailboxRefusesOthersButNotTheLoopItself() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var go = new CountDownLatch(1);
      var ownTasks = new CountDownLatch(2 * CAPACITY);
      loop.execute(
          () -> {
            assertTrue(awaitQuietly(go));
            for (int i = 0; i < 2 * CAPACITY; i++) {
              loop.execute(ownTasks::countDown);
            }
          });
      while (loop.waiting() > 0) {
        Thread.sleep(1);
      }
      for (int i = 0; i < CAPACITY; i++) {
        loop.execute(() -> {});
      }
      assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> {}));
      assertEquals(1, loop.refused());
      go.countDown();
      assertTrue(ownTasks.await(10, TimeUnit.SECONDS));
      runAndWait(loop);
    }
  }

  @Test
  void longWorkRunsBesideTheLoopAndItsOutcomeInIt() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var seen = new CopyOnWriteArrayList<String>();
      var go = new CountDownLatch(1);
      var done = new CountDownLatch(1);
      loop.background(() -> awaitQuietly(go), _ -> seen.add("first"));
      loop.background(ThreadLoopTest::fail, outcome -> seen.add("failed " + outcome.isEmpty()));
      loop.background(
          () -> "in " + Thread.currentThread().getName(),
          in -> {
            seen.add(in.orElseThrow());
            seen.add("out");
            done.countDown();
          });
      runAndWait(loop);
      assertEquals(List.of(), seen);
      go.countDown();
      assertTrue(done.await(10, TimeUnit.SECONDS));
      assertEquals(List.of("first", "failed true", "in loop-background", "out"), List.copyOf(seen));
    }
  }

  @Test
  void urgentWorksDoNotWaitForThoseInTheBackground() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var seen = new CopyOnWriteArrayList<String>();
      var go = new CountDownLatch(1);
      var done = new CountDownLatch(2);
      loop.background(
          () -> awaitQuietly(go),
          _ -> {
            seen.add("background");
            done.countDown();
          });
      loop.urgent(
          () -> "in " + Thread.currentThread().getName(),
          in -> {
            seen.add(in.orElseThrow());
            done.countDown();
            go.countDown();
          });
      assertTrue(done.await(10, TimeUnit.SECONDS));
      assertEquals(List.of("in loop-urgent", "background"), List.copyOf(seen));
    }
  }

  @Test
  void aWorkThatNobodyWaitsForAnyMoreIsNotBegun() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2, Duration.ofMillis(50))) {
      var seen = new CopyOnWriteArrayList<String>();
      var begun = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var done = new CountDownLatch(3);
      loop.background(
          () -> {
            begun.countDown();
            return awaitQuietly(go);
          },
          _ -> done.countDown());
      assertTrue(begun.await(10, TimeUnit.SECONDS));
      loop.background(
          () -> seen.add("late"),
          outcome -> {
            seen.add("late is empty " + outcome.isEmpty());
            done.countDown();
          });
      loop.parallel(() -> seen.add("parallel"), _ -> done.countDown());
      Thread.sleep(100);
      go.countDown();
      assertTrue(done.await(10, TimeUnit.SECONDS));
      assertEquals(List.of("parallel", "late is empty true"), List.copyOf(seen));
    }
  }

  @Test
  void tooManyWorksEndWithNothing() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var begun = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var refused = new CountDownLatch(1);
      var done = new CountDownLatch(ThreadLoop.MOST_WORKS + 1);
      loop.background(
          () -> {
            begun.countDown();
            return awaitQuietly(go);
          },
          _ -> done.countDown());
      assertTrue(begun.await(10, TimeUnit.SECONDS));
      for (int i = 0; i < ThreadLoop.MOST_WORKS; i++) {
        loop.background(() -> "done", _ -> done.countDown());
      }
      loop.background(
          () -> "one too many",
          outcome -> {
            if (outcome.isEmpty()) {
              refused.countDown();
            }
          });
      assertTrue(refused.await(10, TimeUnit.SECONDS));
      go.countDown();
      assertTrue(done.await(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void parallelWorksDoNotWaitForOneAnother() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var seen = new CopyOnWriteArrayList<String>();
      var go = new CountDownLatch(1);
      var done = new CountDownLatch(3);
      loop.parallel(
          () -> awaitQuietly(go),
          _ -> {
            seen.add("long");
            done.countDown();
          });
      loop.parallel(
          ThreadLoopTest::fail,
          outcome -> {
            assertTrue(outcome.isEmpty());
            done.countDown();
          });
      loop.parallel(
          () -> "short",
          outcome -> {
            seen.add(outcome.orElseThrow());
            done.countDown();
            go.countDown();
          });
      assertTrue(done.await(10, TimeUnit.SECONDS));
      assertEquals(List.of("short", "long"), seen);
    }
  }

  @Test
  void closedLoopDropsTasks() throws Exception {
    var loop = new ThreadLoop("loop", CAPACITY, 2);
    var ran = new CopyOnWriteArrayList<String>();
    loop.schedule(Duration.ofMillis(50).toNanos(), () -> ran.add("timer"));
    loop.close();
    loop.execute(() -> ran.add("task"));
    loop.background(() -> ran.add("work"), _ -> ran.add("outcome"));
    loop.urgent(() -> ran.add("work"), _ -> ran.add("outcome"));
    loop.parallel(() -> ran.add("work"), _ -> ran.add("outcome"));
    Thread.sleep(100);
    assertEquals(List.of(), ran);
  }

  static void runAndWait(Loop loop) throws InterruptedException {
    var ran = new CountDownLatch(1);
    loop.execute(ran::countDown);
    assertTrue(ran.await(10, TimeUnit.SECONDS));
  }

  static String fail() {
    throw new IllegalStateException("thrown by a test");
  }

  static boolean awaitQuietly(CountDownLatch latch) {
    try {
      return latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
