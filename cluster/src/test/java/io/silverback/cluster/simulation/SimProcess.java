package io.silverback.cluster.simulation;

import io.silverback.cluster.Clock;
import io.silverback.cluster.Loop;
import io.silverback.cluster.Member;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One process start: its clocks, its loop, and what waits for it while it stands still.
 *
 * <p>Stands still either between two tasks, or in the middle of one, at a read of the clock: then
 * the clock leaps, and what the rest of the task sends leaves as much later.
 */
final class SimProcess implements Clock, Loop {
  private static final long MOST_TO_BEGIN = 5_000 * SimWorld.MILLI;

  private final SimWorld world;
  private final SimHost host;
  private final Member member;
  private final Consumer<SimProcess> stepped;
  private final long nanosBase;
  private final long born;
  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private final ArrayDeque<Runnable> overdue = new ArrayDeque<>();
  private final ArrayDeque<Runnable> arrived = new ArrayDeque<>();
  private final ArrayDeque<Runnable> background = new ArrayDeque<>();
  private final ArrayDeque<Runnable> urgent = new ArrayDeque<>();
  private long latestWallMillis;
  private boolean alive = true;
  private boolean webOpen;
  private boolean pumping;
  private boolean inTask;
  private double slowWorks;
  private int pauses;
  private long suspendedNanos;
  private long stalledNanos;
  private long stallNanos;
  private int stallAtRead;
  private long stallInPushNanos;
  private long loopNanos;
  private long longestTaskNanos;

  /**
   * A process that starts now.
   *
   * @param stepped told after each task, and when the process wakes
   */
  SimProcess(SimWorld world, SimHost host, Member member, Consumer<SimProcess> stepped) {
    this.world = world;
    this.host = host;
    this.member = member;
    this.stepped = stepped;
    this.nanosBase = world.number() >> 1;
    this.born = world.now();
  }

  SimHost host() {
    return host;
  }

  Member member() {
    return member;
  }

  boolean alive() {
    return alive;
  }

  /** True from when its web door opens, after that for peers, until it closes, before that. */
  boolean webOpen() {
    return webOpen;
  }

  void openWeb(boolean open) {
    webOpen = open;
  }

  boolean paused() {
    return pauses > 0;
  }

  /** How much later than the world's clock says the rest of the running task happens. */
  long stalledNanos() {
    return stalledNanos;
  }

  /** The real time that its loop has taken; nothing that is simulated depends on it. */
  long loopNanos() {
    return loopNanos;
  }

  /** The real time of the longest task since the last call. */
  long longestTaskNanos() {
    long longest = longestTaskNanos;
    longestTaskNanos = 0;
    return longest;
  }

  void kill() {
    alive = false;
    List.of(ready, overdue, arrived, background, urgent).forEach(ArrayDeque::clear);
  }

  /**
   * Stands still for that long.
   *
   * @param suspended true if the monotonic clock stands still, too
   */
  void pause(long nanos, boolean suspended) {
    pauses++;
    world.in(
        nanos,
        () -> {
          pauses--;
          suspendedNanos += suspended ? nanos : 0;
          if (alive && pauses == 0) {
            wake();
          }
        });
  }

  /**
   * Will stand still for that long in the middle of a task, at one of the next reads of a clock.
   */
  void stallAt(int read, long nanos) {
    stallAtRead = read;
    stallNanos = nanos;
  }

  /** Will stand still for that long in the middle of what it does with the next push. */
  void stallInPush(long nanos) {
    stallInPushNanos = nanos;
  }

  /** A push comes, from a client or from another node. */
  void pushComes() {
    if (stallInPushNanos > 0) {
      stallAt((int) world.between(1, 15), stallInPushNanos);
      stallInPushNanos = 0;
    }
  }

  /** Does something that comes from outside, when the process next moves. */
  void arrive(Runnable what) {
    if (!alive) {
      return;
    }
    if (paused()) {
      arrived.add(what);
    } else {
      what.run();
    }
  }

  /** Messages and timers that are overdue come in any order among one another. */
  private void wake() {
    world.trace(() -> member + " wakes: overdue=" + overdue.size() + " arrived=" + arrived.size());
    var calls = new ArrayList<Runnable>();
    while (!overdue.isEmpty() || !arrived.isEmpty()) {
      boolean timer = arrived.isEmpty() || (!overdue.isEmpty() && world.chance(0.5));
      if (timer) {
        Runnable task = overdue.remove();
        calls.add(() -> execute(task));
      } else {
        calls.add(arrived.remove());
      }
    }
    long at = 0;
    for (Runnable call : calls) {
      at += world.between(0, 50_000);
      world.in(at, () -> arrive(call));
    }
    pump();
    stepped.accept(this);
  }

  @Override
  public long nanoTime() {
    if (inTask && stallNanos > 0 && --stallAtRead <= 0) {
      long nanos = stallNanos;
      stallNanos = 0;
      world.trace(() -> member + " stalls in a task: millis=" + nanos / SimWorld.MILLI);
      stalledNanos += nanos;
    }
    return nanosBase + (long) ((world.now() - born + stalledNanos - suspendedNanos) * host.drift());
  }

  @Override
  public long wallMillis() {
    long millis = host.wallMillis(world.now() + stalledNanos);
    latestWallMillis = Math.max(latestWallMillis, millis);
    return millis;
  }

  /** The latest time that its wall clock ever said. */
  long latestWallMillis() {
    return latestWallMillis;
  }

  @Override
  public void execute(Runnable task) {
    if (alive) {
      ready.add(task);
      pump();
    }
  }

  @Override
  public void schedule(long delayNanos, Runnable task) {
    long late = world.chance(0.05) ? world.between(0, 5 * SimWorld.MILLI) : 50_000;
    world.in(
        (long) (delayNanos / host.drift()) + stalledNanos + late,
        () -> {
          if (paused() && alive) {
            overdue.add(task);
          } else {
            execute(task);
          }
        });
  }

  @Override
  public <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then) {
    if (alive) {
      world.in(
          parallelNanos(),
          () ->
              arrive(
                  () -> {
                    Optional<T> outcome = Optional.of(work.get());
                    stepped.accept(this);
                    world.in(
                        world.between(1_000, 20_000),
                        () -> arrive(() -> execute(() -> then.accept(outcome))));
                  }));
    }
  }

  /** The work of a large group may take longer than a lease. */
  private long parallelNanos() {
    double how = world.between(0, 1_000) / 1_000.0;
    long most =
        how < slowWorks ? 3_000 * SimWorld.MILLI : how < 0.97 ? 200_000 : 300 * SimWorld.MILLI;
    return stalledNanos + world.between(20_000, most);
  }

  /** From now on that part of the parallel works takes long. */
  void slowDown(double part) {
    slowWorks = part;
  }

  @Override
  public <T> void background(Supplier<T> work, Consumer<Optional<T>> then) {
    handOver(background, work, then);
  }

  @Override
  public <T> void urgent(Supplier<T> work, Consumer<Optional<T>> then) {
    handOver(urgent, work, then);
  }

  private <T> void handOver(
      ArrayDeque<Runnable> works, Supplier<T> work, Consumer<Optional<T>> then) {
    if (!alive) {
      return;
    }
    long handedOver = nanoTime();
    works.add(
        () -> {
          boolean isLate = nanoTime() - handedOver > MOST_TO_BEGIN;
          Optional<T> outcome = isLate ? Optional.empty() : Optional.of(work.get());
          execute(() -> then.accept(outcome));
        });
    if (works.size() == 1) {
      world.in(workNanos(), () -> work(works));
    }
  }

  private void work(ArrayDeque<Runnable> works) {
    if (!alive) {
      return;
    }
    if (paused()) {
      arrived.add(() -> work(works));
      return;
    }
    works.element().run();
    works.remove();
    if (!works.isEmpty()) {
      world.in(workNanos(), () -> work(works));
    }
  }

  private long workNanos() {
    return stalledNanos
        + world.between(100_000, world.chance(0.05) ? 300 * SimWorld.MILLI : 5 * SimWorld.MILLI);
  }

  private void pump() {
    if (!pumping && !ready.isEmpty()) {
      pumping = true;
      world.in(world.between(1_000, 20_000), this::runOne);
    }
  }

  private void runOne() {
    pumping = false;
    if (!alive || paused()) {
      return;
    }
    Runnable task = ready.poll();
    if (task == null) {
      return;
    }
    inTask = true;
    long began = System.nanoTime();
    task.run();
    long took = System.nanoTime() - began;
    loopNanos += took;
    longestTaskNanos = Math.max(longestTaskNanos, took);
    inTask = false;
    long stalled = stalledNanos;
    stalledNanos = 0;
    if (stalled > 0) {
      pause(stalled, false);
    }
    if (alive) {
      stepped.accept(this);
      pump();
    }
  }

  @Override
  public String toString() {
    return member.toString();
  }
}
