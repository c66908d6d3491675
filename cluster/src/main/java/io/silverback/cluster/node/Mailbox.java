package io.silverback.cluster.node;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The tasks and timers of a loop, which one thread at a time runs, in order. Thread-safe.
 *
 * <p>That need not be the loop's own thread, the one in {@link #runUntilClosed}: a thread that
 * brings a task goes on with all of them if nobody else is at them, as waking another thread costs
 * more than most tasks. Never a virtual thread, which could lose its carrier in the middle of a
 * task and keep all others waiting; and none for longer than its share.
 *
 * <p>It is bounded for other threads. One that finds it full waits a moment, so that a sender that
 * brings messages slows down to what the loop can do, and is then refused by a {@link
 * RejectedExecutionException}. What a task hands over, and what comes due or comes out of a work,
 * always finds room: it is as much as the tasks want.
 *
 * <p>A task that throws is logged as a bug, and the next one runs.
 */
final class Mailbox {
  /** After which a thread that is not the loop's own leaves the tasks to that one. */
  static final int MOST_TASKS_IN_A_ROW = 64;

  /**
   * Most timers are for what does not happen. Those that are far enough away come due together, so
   * that the loop wakes up once for all of a moment.
   */
  static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  static final long FAR_NANOS = 10 * MOMENT_NANOS;

  private static final Logger logger = System.getLogger(ThreadLoop.class.getName());
  private static final long MOST_NANOS_TO_WAIT = TimeUnit.MILLISECONDS.toNanos(100);

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();

  /** Who runs tasks now, if anybody does. */
  private @Nullable Thread runner;

  /** For what the loop's own thread waits, if it waits and not for ever. */
  private @Nullable Timer awaited;

  private long timersMade;
  private long refused;
  private boolean closed;

  private record Timer(long dueNanos, long number, Runnable task) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      // The origin of the monotonic clock is arbitrary: only differences mean something.
      long distance = dueNanos - other.dueNanos;
      return distance != 0 ? Long.signum(distance) : Long.compare(number, other.number);
    }
  }

  /**
   * An empty one.
   *
   * @param capacity how many tasks of other threads may wait
   */
  Mailbox(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a loop needs room for a task: capacity=" + capacity);
    }
    this.capacity = capacity;
  }

  /** Takes a task, and never runs it in this thread before it returns. */
  void put(Runnable task) {
    lock.lock();
    try {
      if (awaitRoom()) {
        tasks.add(task);
        wakeIfNeeded();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes a task, and may run it before it returns. */
  void bring(Runnable task) {
    boolean isMine = false;
    lock.lock();
    try {
      if (awaitRoom()) {
        isMine = addOrTakeOver(task);
      }
    } finally {
      lock.unlock();
    }
    if (isMine) {
      runSome();
    }
  }

  /** The same for what comes out of a work, which always finds room. */
  void bringOutcome(Runnable task) {
    boolean isMine = false;
    lock.lock();
    try {
      if (!closed) {
        isMine = addOrTakeOver(task);
      }
    } finally {
      lock.unlock();
    }
    if (isMine) {
      runSome();
    }
  }

  /** Takes a task that comes due after that time. */
  void schedule(long delayNanos, Runnable task) {
    lock.lock();
    try {
      if (!closed) {
        timers.add(new Timer(dueNanos(System.nanoTime(), delayNanos), timersMade++, task));
        wakeIfNeeded();
      }
    } finally {
      lock.unlock();
    }
  }

  /** When a timer comes due that was set at that moment. */
  static long dueNanos(long nowNanos, long delayNanos) {
    long due = nowNanos + Math.max(0, delayNanos);
    return delayNanos < FAR_NANOS ? due : due + Math.floorMod(-due, MOMENT_NANOS);
  }

  /** How many tasks wait now. */
  int waiting() {
    lock.lock();
    try {
      return tasks.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many tasks were refused since the start. */
  long refused() {
    lock.lock();
    try {
      return refused;
    } finally {
      lock.unlock();
    }
  }

  /** Runs tasks in the loop's own thread; returns after {@link #close}, when no task runs. */
  void runUntilClosed() {
    for (Runnable task = next(); task != null; task = next()) {
      runLogged(task);
    }
  }

  /** Drops all tasks. True if a task called this, which goes on. */
  boolean close() {
    lock.lock();
    try {
      closed = true;
      tasks.clear();
      timers.clear();
      work.signalAll();
      room.signalAll();
      return runner == Thread.currentThread();
    } finally {
      lock.unlock();
    }
  }

  /** False if it is closed. */
  private boolean awaitRoom() {
    boolean isOwn = runner == Thread.currentThread();
    long left = MOST_NANOS_TO_WAIT;
    while (!closed && !isOwn && tasks.size() >= capacity) {
      try {
        left = left <= 0 ? 0 : room.awaitNanos(left);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        left = 0;
      }
      if (left <= 0 && !closed && tasks.size() >= capacity) {
        refused++;
        throw new RejectedExecutionException("the loop does not keep up: waiting=" + tasks.size());
      }
    }
    return !closed;
  }

  /** True if this thread has to run it, and what waits before it. Under the lock. */
  private boolean addOrTakeOver(Runnable task) {
    tasks.add(task);
    if (runner != null) {
      return false;
    }
    if (Thread.currentThread().isVirtual()) {
      work.signal();
      return false;
    }
    runner = Thread.currentThread();
    return true;
  }

  /** Runs what waits, as this thread has taken over, and leaves the rest to the loop's own. */
  private void runSome() {
    boolean hasLeft = false;
    try {
      for (int left = MOST_TASKS_IN_A_ROW; !hasLeft; left--) {
        Runnable task = nextOrLeave(left);
        if (task == null) {
          hasLeft = true;
        } else {
          runLogged(task);
        }
      }
    } finally {
      if (!hasLeft) {
        // Not even the log could be written; the others go on.
        leave();
      }
    }
  }

  private @Nullable Runnable nextOrLeave(int left) {
    lock.lock();
    try {
      Runnable task = left > 0 ? poll() : null;
      if (task == null) {
        leave();
      }
      return task;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      runner = null;
      wakeIfNeeded();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the loop's own thread if nobody runs what waits or would see to the next timer. */
  private void wakeIfNeeded() {
    if (runner == null) {
      Timer first = timers.peek();
      boolean isEarlier = first != null && (awaited == null || first.compareTo(awaited) < 0);
      if (closed || isEarlier || !tasks.isEmpty()) {
        work.signal();
      }
    }
  }

  /** Null when it is closed, and no other thread runs a task. */
  private @Nullable Runnable next() {
    lock.lock();
    try {
      if (runner == Thread.currentThread()) {
        runner = null;
      }
      while (!closed || runner != null) {
        Runnable task = runner == null ? poll() : null;
        if (task != null) {
          runner = Thread.currentThread();
          return task;
        }
        // A thread that runs tasks sees to the timers, and says when it has done its share.
        awaited = runner == null ? timers.peek() : null;
        try {
          work.awaitNanos(nanosTo(awaited));
        } catch (InterruptedException _) {
          // Nobody but a task can have done that, and a task does not end the loop.
        }
        awaited = null;
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** What is to run next, if anything is. Under the lock. */
  private @Nullable Runnable poll() {
    if (closed) {
      return null;
    }
    long now = System.nanoTime();
    for (Timer first = timers.peek();
        first != null && first.dueNanos - now <= 0;
        first = timers.peek()) {
      tasks.add(timers.remove().task);
    }
    Runnable task = tasks.poll();
    if (task != null) {
      room.signalAll();
    }
    return task;
  }

  private static long nanosTo(@Nullable Timer timer) {
    return timer == null ? Long.MAX_VALUE : timer.dueNanos - System.nanoTime();
  }

  private static void runLogged(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      logFailure(e);
    }
  }

  static void logFailure(Throwable failure) {
    logger.log(Level.ERROR, "a task of the loop failed, which is a bug", failure);
  }
}
