package io.silverback.cluster.simulation;

import io.silverback.cluster.simulation.ClusterSimulation.Plan;
import io.silverback.cluster.simulation.ClusterSimulation.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * Many lives of clusters, one seed after the other on each core, and what they have in common.
 * Thread-safe.
 */
final class SimLives {
  private final LongFunction<Plan> plans;
  private final long from;
  private final long seeds;
  private final long endNanos;
  private final Consumer<Result> onViolation;
  private final AtomicLong taken = new AtomicLong();
  private final Map<String, Long> longestGaps = new TreeMap<>();
  private final TreeSet<Long> broken = new TreeSet<>();
  private long ran;
  private long acknowledgements;
  private long wipes;
  private long refoundings;
  private long scrapes;
  private long slowestPushNanos;
  private volatile boolean ended;

  /**
   * Lives that have yet to be lived.
   *
   * @param seeds how many at the most
   * @param nanos after which none begins any more
   * @param onViolation told of each that went wrong, one at a time
   */
  SimLives(
      LongFunction<Plan> plans, long from, long seeds, long nanos, Consumer<Result> onViolation) {
    this.plans = plans;
    this.from = from;
    this.seeds = seeds;
    this.endNanos = System.nanoTime() + nanos;
    this.onViolation = onViolation;
  }

  /** Lives them, on that many threads. */
  void run(int threads) {
    List<Thread> started = new ArrayList<>();
    IntStream.range(0, threads)
        .forEach(
            i -> started.add(Thread.ofPlatform().name("simulation-" + i).start(this::runSome)));
    try {
      for (Thread thread : started) {
        thread.join();
      }
    } catch (InterruptedException e) {
      end();
      Thread.currentThread().interrupt();
    }
  }

  private void runSome() {
    long number = taken.getAndIncrement();
    while (number < seeds && !ended && endNanos - System.nanoTime() > 0) {
      Result result = ClusterSimulation.run(plans.apply(from + number));
      count(result);
      number = taken.getAndIncrement();
    }
  }

  private synchronized void count(Result result) {
    ran++;
    refoundings += result.refoundings();
    acknowledgements += result.acknowledgements();
    wipes += result.wipes();
    scrapes += result.scrapes();
    slowestPushNanos = Math.max(slowestPushNanos, result.slowestPushNanos());
    result.longestGaps().forEach((fault, gap) -> longestGaps.merge(fault, gap, Math::max));
    if (result.violation().isPresent()) {
      broken.add(result.seed());
      onViolation.accept(result);
    }
  }

  /** Begins no more of them. */
  void end() {
    ended = true;
  }

  synchronized long ran() {
    return ran;
  }

  synchronized long acknowledgements() {
    return acknowledgements;
  }

  synchronized long refoundings() {
    return refoundings;
  }

  synchronized long wipes() {
    return wipes;
  }

  synchronized long scrapes() {
    return scrapes;
  }

  synchronized long slowestPushNanos() {
    return slowestPushNanos;
  }

  /** The seeds of those that went wrong. */
  synchronized List<Long> broken() {
    return List.copyOf(broken);
  }

  /** For how many nanoseconds a slot was not shown, by what broke. */
  synchronized Map<String, Long> longestGaps() {
    return new TreeMap<>(longestGaps);
  }
}
