package io.silverback.cluster.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.HandTime;
import io.silverback.cluster.Loop;
import io.silverback.cluster.simulation.SimWorld;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class WaitingPushesTest {
  private final HandTime time = new HandTime();
  private final CountingLoop loop = new CountingLoop(time);
  private final WaitingPushes waiting = new WaitingPushes(time, loop);
  private final List<String> woken = new ArrayList<>();

  @Test
  void aTakeOverWakesThePushesOfItsSlotsAlone() {
    await(3, 1_000, "a");
    await(4, 1_000, "b");
    await(3, 500, "c");
    waiting.takenOver(BitSet.valueOf(new long[] {1 << 3}));
    assertEquals(List.of(), woken);
    time.settle();
    assertEquals(List.of("a", "c"), woken);
    assertEquals(1, waiting.size());
  }

  @Test
  void eachIsWokenAtItsTimeAndOnce() {
    await(3, 300, "a");
    await(4, 100, "b");
    await(5, 200, "c");
    time.pass(99);
    assertEquals(List.of(), woken);
    time.pass(1);
    assertEquals(List.of("b"), woken);
    time.pass(150);
    assertEquals(List.of("b", "c"), woken);
    time.pass(10_000);
    assertEquals(List.of("b", "c", "a"), woken);
    waiting.wakeAll();
    time.settle();
    assertEquals(3, woken.size());
    assertEquals(0, waiting.size());
  }

  @Test
  void aNewViewWakesAll() {
    await(3, 300, "a");
    await(4, 100, "b");
    waiting.wakeAll();
    time.settle();
    assertEquals(2, woken.size());
    assertEquals(0, waiting.size());
  }

  @Test
  void oneThatWaitsAnewIsNotWokenAtOnce() {
    waiting.await(3, time.nanoTime() + SimWorld.SECOND, () -> await(3, 1_000, "a"));
    waiting.wakeAll();
    time.settle();
    assertEquals(List.of(), woken);
    assertEquals(1, waiting.size());
  }

  /** Or thousands of them would keep the loop from renewing the lease. */
  @Test
  void theLoopHasNothingToDoWhileTheyWait() {
    for (int slot = 0; slot < 1_000; slot++) {
      await(slot, 8_000, "push");
    }
    time.pass(7_999);
    assertEquals(1, loop.tasks);
    time.pass(1);
    assertEquals(1_000, woken.size());
  }

  private void await(int slot, long millis, String name) {
    waiting.await(slot, time.nanoTime() + millis * SimWorld.MILLI, () -> woken.add(name));
  }

  /** Counts what it is asked to do. */
  private static final class CountingLoop implements Loop {
    private final HandTime time;
    private int tasks;

    CountingLoop(HandTime time) {
      this.time = time;
    }

    @Override
    public void execute(Runnable task) {
      tasks++;
      time.execute(task);
    }

    @Override
    public void schedule(long delayNanos, Runnable task) {
      tasks++;
      time.schedule(delayNanos, task);
    }

    @Override
    public <T> void background(Supplier<T> work, Consumer<Optional<T>> then) {
      time.background(work, then);
    }

    @Override
    public <T> void urgent(Supplier<T> work, Consumer<Optional<T>> then) {
      time.urgent(work, then);
    }

    @Override
    public <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then) {
      time.parallel(work, then);
    }
  }
}
