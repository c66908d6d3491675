package io.silverback.cluster.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which thread runs the tasks of a loop. */
@Timeout(20)
final class MailboxTest {
  private static final int CAPACITY = 8;

  @Test
  void aThreadThatBringsATaskRunsItItself() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var ran = new CopyOnWriteArrayList<Thread>();
      loop.bring(() -> ran.add(Thread.currentThread()));
      assertEquals(List.of(Thread.currentThread()), List.copyOf(ran));
      var done = new CountDownLatch(1);
      loop.parallel(
          Thread::currentThread,
          worker -> {
            ran.add(worker.orElseThrow());
            ran.add(Thread.currentThread());
            done.countDown();
          });
      assertTrue(done.await(10, TimeUnit.SECONDS));
      assertEquals(ran.get(1), ran.get(2));
    }
  }

  @Test
  void aVirtualThreadRunsNoTask() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var ran = new CopyOnWriteArrayList<String>();
      var done = new CountDownLatch(1);
      Thread.startVirtualThread(
          () ->
              loop.bring(
                  () -> {
                    ran.add(Thread.currentThread().getName());
                    done.countDown();
                  }));
      assertTrue(done.await(10, TimeUnit.SECONDS));
      assertEquals(List.of("loop"), List.copyOf(ran));
    }
  }

  @Test
  void whatIsBroughtWhileATaskRunsIsLeftToTheThreadThatRunsIt() throws Exception {
    try (var loop = new ThreadLoop("loop", CAPACITY, 2)) {
      var begun = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var ran = new CopyOnWriteArrayList<String>();
      loop.execute(
          () -> {
            begun.countDown();
            assertTrue(ThreadLoopTest.awaitQuietly(go));
          });
      assertTrue(begun.await(10, TimeUnit.SECONDS));
      loop.bring(() -> ran.add(Thread.currentThread().getName()));
      assertEquals(List.of(), List.copyOf(ran));
      go.countDown();
      ThreadLoopTest.runAndWait(loop);
      assertEquals(List.of("loop"), List.copyOf(ran));
    }
  }

  @Test
  void aThreadThatRunsTasksOfOthersLeavesThemToTheLoopAfterItsShare() throws Exception {
    int most = 4 * Mailbox.MOST_TASKS_IN_A_ROW;
    try (var loop = new ThreadLoop("loop", most, 2)) {
      var own = new ArrayList<Integer>();
      var others = new CopyOnWriteArrayList<String>();
      var all = new CountDownLatch(most);
      loop.bring(
          () -> {
            for (int i = 0; i < most; i++) {
              int number = i;
              loop.execute(
                  () -> {
                    own.add(number);
                    others.add(Thread.currentThread().getName());
                    all.countDown();
                  });
            }
          });
      assertTrue(all.await(10, TimeUnit.SECONDS));
      ThreadLoopTest.runAndWait(loop);
      assertEquals(IntStream.range(0, most).boxed().toList(), own);
      String mine = Thread.currentThread().getName();
      assertEquals(Mailbox.MOST_TASKS_IN_A_ROW - 1, others.stream().filter(mine::equals).count());
      assertTrue(others.stream().allMatch(name -> name.equals(mine) || name.equals("loop")));
    }
  }

  @Test
  void tasksOfAllThreadsRunOneAtATimeAndThoseOfOneInOrder() throws Exception {
    int threads = 4;
    int each = 5_000;
    try (var loop = new ThreadLoop("loop", 10_000, 2)) {
      var running = new AtomicInteger();
      var last = new int[threads];
      var wrong = new AtomicInteger();
      var all = new CountDownLatch(threads * each * 3);
      Runnable alone =
          () -> {
            wrong.addAndGet(running.incrementAndGet() - 1);
            running.decrementAndGet();
            all.countDown();
          };
      for (int thread = 0; thread < threads; thread++) {
        int number = thread;
        Runnable work =
            () -> {
              for (int i = 1; i <= each; i++) {
                int mine = i;
                loop.bring(
                    () -> {
                      wrong.addAndGet(last[number] == mine - 1 ? 0 : 1);
                      last[number] = mine;
                      loop.parallel(() -> mine, _ -> alone.run());
                      loop.schedule(mine % 2_000_000, alone);
                      alone.run();
                    });
              }
            };
        if (thread % 2 == 0) {
          Thread.ofPlatform().daemon().start(work);
        } else {
          Thread.ofVirtual().start(work);
        }
      }
      assertTrue(all.await(15, TimeUnit.SECONDS), "left: " + all.getCount());
      assertEquals(0, wrong.get());
    }
  }

  @Test
  void aTaskMayCloseTheLoopWhicheverThreadRunsIt() {
    var loop = new ThreadLoop("loop", CAPACITY, 2);
    long begun = System.nanoTime();
    loop.bring(loop::close);
    assertTrue(System.nanoTime() - begun < Duration.ofSeconds(4).toNanos());
    loop.bring(ThreadLoopTest::fail);
  }

  @Test
  void closeWaitsForATaskThatAnotherThreadRuns() throws Exception {
    var begun = new CountDownLatch(1);
    var ended = new CopyOnWriteArrayList<String>();
    var loop = new ThreadLoop("loop", CAPACITY, 2);
    Thread other =
        Thread.ofPlatform()
            .daemon()
            .start(
                () ->
                    loop.bring(
                        () -> {
                          begun.countDown();
                          LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
                          ended.add("task");
                        }));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    loop.close();
    ended.add("close");
    other.join();
    assertEquals(List.of("task", "close"), List.copyOf(ended));
  }

  @Test
  void farTimersOfAMomentComeDueTogetherAndNoneTooEarly() {
    long moment = Mailbox.MOMENT_NANOS;
    for (long now : new long[] {Long.MAX_VALUE - 5, -3 * moment - 1, 0, 1_234_567_891}) {
      for (long delay : new long[] {0, 1, Mailbox.FAR_NANOS - 1}) {
        assertEquals(now + delay, Mailbox.dueNanos(now, delay));
      }
      long far = Mailbox.dueNanos(now, Mailbox.FAR_NANOS);
      long late = far - (now + Mailbox.FAR_NANOS);
      assertTrue(late >= 0 && late < moment, "late=" + late);
      assertEquals(far, Mailbox.dueNanos(now + late, Mailbox.FAR_NANOS));
      assertEquals(far + moment, Mailbox.dueNanos(now + late + 1, Mailbox.FAR_NANOS));
    }
  }
}
