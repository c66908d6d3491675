package io.silverback.cluster.slots;

import io.silverback.cluster.Clock;
import io.silverback.cluster.Loop;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Pushes that wait for the leader of a slot. Each is woken once: when its slot is taken over here,
 * when there is a new view, when the lease has lapsed, or else at the time that it named. Belongs
 * to the loop.
 *
 * <p>Each push that is woken is a task of the loop by itself, so that the renewal of a lease need
 * not wait for thousands of them.
 */
public final class WaitingPushes {
  private final Clock clock;
  private final Loop loop;
  private final Map<Integer, TreeSet<Waiting>> bySlot = new HashMap<>();

  // The origin of the monotonic clock is arbitrary: only differences mean something.
  private final TreeSet<Waiting> byTime =
      new TreeSet<>(
          (left, right) -> {
            long distance = left.untilNanos() - right.untilNanos();
            return distance != 0
                ? Long.signum(distance)
                : Long.compare(left.number(), right.number());
          });

  private long made;
  private long timer;
  private long timerNanos;
  private boolean timerRuns;

  private record Waiting(int slot, long untilNanos, long number, Runnable task) {}

  public WaitingPushes(Clock clock, Loop loop) {
    this.clock = clock;
    this.loop = loop;
  }

  /**
   * Runs the task once, in the loop and not in this call.
   *
   * @param untilNanos of the monotonic clock: it waits no longer than that
   */
  public void await(int slot, long untilNanos, Runnable task) {
    var waiting = new Waiting(slot, untilNanos, made++, task);
    bySlot
        .computeIfAbsent(slot, _ -> new TreeSet<>(Comparator.comparingLong(Waiting::number)))
        .add(waiting);
    byTime.add(waiting);
    setTimer();
  }

  /** These slots are led here from now on. */
  public void takenOver(BitSet slots) {
    var woken = new ArrayList<Waiting>();
    bySlot.forEach(
        (slot, waiting) -> {
          if (slots.get(slot)) {
            woken.addAll(waiting);
          }
        });
    wake(woken);
  }

  /** There is a new view, or no lease any more. */
  public void wakeAll() {
    wake(List.copyOf(byTime));
  }

  public int size() {
    return byTime.size();
  }

  private void wake(List<Waiting> woken) {
    for (Waiting waiting : woken) {
      byTime.remove(waiting);
      bySlot.computeIfPresent(
          waiting.slot(),
          (_, others) -> {
            others.remove(waiting);
            return others.isEmpty() ? null : others;
          });
      loop.schedule(0, waiting.task());
    }
  }

  /** One timer for all of them, for the one that is due first. */
  private void setTimer() {
    if (byTime.isEmpty()) {
      return;
    }
    long first = byTime.first().untilNanos();
    if (timerRuns && first - timerNanos >= 0) {
      return;
    }
    timerRuns = true;
    timerNanos = first;
    long number = ++timer;
    loop.schedule(
        Math.max(0, first - clock.nanoTime()),
        () -> {
          if (number == timer) {
            timerRuns = false;
            wakeDue();
          }
        });
  }

  private void wakeDue() {
    long now = clock.nanoTime();
    var due = new ArrayList<Waiting>();
    for (Waiting waiting : byTime) {
      if (waiting.untilNanos() - now > 0) {
        break;
      }
      due.add(waiting);
    }
    wake(due);
    setTimer();
  }
}
