package io.silverback.cluster.simulation;

import java.util.ArrayDeque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Virtual time, and all that is going to happen in it: a pure function of a seed. One thread runs
 * everything, so whatever goes wrong once goes wrong again.
 */
public final class SimWorld {
  public static final long MILLI = 1_000_000;
  public static final long SECOND = 1_000 * MILLI;
  private static final int TRACED = 400;

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final ArrayDeque<String> trace = new ArrayDeque<>();
  private final SplittableRandom random;
  private final boolean tracing;
  private long now;
  private long sequence;

  private record Event(long at, long sequence, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int order = Long.compare(at, other.at);
      return order != 0 ? order : Long.compare(sequence, other.sequence);
    }
  }

  /**
   * A world of that seed.
   *
   * @param tracing true to keep the last events as text, which takes longer and changes nothing
   */
  public SimWorld(long seed, boolean tracing) {
    this.random = new SplittableRandom(seed);
    this.tracing = tracing;
  }

  public long now() {
    return now;
  }

  public void in(long delayNanos, Runnable action) {
    sequence++;
    events.add(new Event(now + Math.max(delayNanos, 0), sequence, action));
  }

  /** Does all that happens in that time. */
  public void run(long nanos) {
    long end = now + nanos;
    for (Event next = events.peek(); next != null && next.at() <= end; next = events.peek()) {
      events.remove();
      now = next.at();
      next.action().run();
    }
    now = end;
  }

  /** From the first to the last, both included. */
  long between(long first, long last) {
    return random.nextLong(first, last + 1);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  long number() {
    return random.nextLong();
  }

  void trace(Supplier<String> what) {
    if (!tracing) {
      return;
    }
    if (trace.size() == TRACED) {
      trace.removeFirst();
    }
    trace.add(String.format("%10.4f %s", now / (double) SECOND, what.get()));
  }

  List<String> traced() {
    return List.copyOf(trace);
  }
}
