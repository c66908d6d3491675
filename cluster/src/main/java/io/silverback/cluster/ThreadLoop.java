package io.silverback.cluster;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A loop that is a thread, with a second one for the long works. Thread-safe.
 *
 * <p>Its mailbox is bounded. Another thread that finds it full waits a moment, so that whoever
 * brings messages slows down to what the loop can do, and is then refused by a {@link
 * RejectedExecutionException}. What the loop hands to itself, and what comes due or comes out of a
 * long work, always finds room: it is as much as the tasks want.
 *
 * <p>A task that throws is logged as a bug, and the next one runs. A long work that throws is, too,
 * and then nothing comes out of it: what was to run then does not. After {@link #close} tasks are
 * dropped without a word.
 */
public final class ThreadLoop implements Loop, AutoCloseable {
  private static final Logger logger = System.getLogger(ThreadLoop.class.getName());
  private static final long MOST_NANOS_TO_WAIT = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Duration MOST_TO_END = Duration.ofSeconds(5);

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Condition longWork = lock.newCondition();
  private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();
  private final ArrayDeque<LongWork> longWorks = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final Thread thread;
  private final Thread background;
  private long timersMade;
  private long refused;
  private boolean closed;

  private record LongWork(Runnable work, Runnable then) {}

  private record Timer(long dueNanos, long number, Runnable task) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      // The origin of the monotonic clock is arbitrary: only differences mean something.
      long distance = dueNanos - other.dueNanos;
      return distance != 0 ? Long.signum(distance) : Long.compare(number, other.number);
    }
  }

  /**
   * Starts the threads.
   *
   * @param name of the loop's thread
   * @param capacity how many tasks of other threads may wait, and how many long works
   */
  public ThreadLoop(String name, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a loop needs room for a task: capacity=" + capacity);
    }
    this.capacity = capacity;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    this.background =
        Thread.ofPlatform().daemon().name(name + "-background").unstarted(this::runLongWorks);
    thread.start();
    background.start();
  }

  /**
   * {@inheritDoc}
   *
   * @throws RejectedExecutionException if the mailbox stays full
   */
  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      if (awaitRoom(mailbox)) {
        mailbox.add(task);
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void schedule(long delayNanos, Runnable task) {
    lock.lock();
    try {
      if (!closed) {
        timers.add(new Timer(System.nanoTime() + Math.max(0, delayNanos), timersMade++, task));
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws RejectedExecutionException if too many long works wait
   */
  @Override
  public void background(Runnable work, Runnable then) {
    lock.lock();
    try {
      if (awaitRoom(longWorks)) {
        longWorks.add(new LongWork(work, then));
        longWork.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many tasks wait now. */
  public int waiting() {
    lock.lock();
    try {
      return mailbox.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many tasks were refused since the start. */
  public long refused() {
    lock.lock();
    try {
      return refused;
    } finally {
      lock.unlock();
    }
  }

  /** Ends when the task that runs has; drops all others. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      mailbox.clear();
      timers.clear();
      longWorks.clear();
      work.signalAll();
      room.signalAll();
      longWork.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      for (Thread each : new Thread[] {thread, background}) {
        if (each != Thread.currentThread() && !each.join(MOST_TO_END)) {
          logger.log(Level.WARNING, "a task does not end: thread=" + each.getName());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if the loop is closed. */
  private boolean awaitRoom(ArrayDeque<?> tasks) {
    boolean isOwn = Thread.currentThread() == thread;
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

  private void run() {
    for (Runnable task = next(); task != null; task = next()) {
      runLogged(task);
    }
  }

  private @Nullable Runnable next() {
    lock.lock();
    try {
      while (!closed) {
        long now = System.nanoTime();
        Timer first = timers.peek();
        while (first != null && first.dueNanos - now <= 0) {
          mailbox.add(timers.remove().task);
          first = timers.peek();
        }
        Runnable task = mailbox.poll();
        if (task != null) {
          room.signalAll();
          return task;
        }
        try {
          work.awaitNanos(first == null ? Long.MAX_VALUE : first.dueNanos - now);
        } catch (InterruptedException _) {
          // Nobody but a task can have done that, and a task does not end the loop.
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private void runLongWorks() {
    for (LongWork next = nextLongWork(); next != null; next = nextLongWork()) {
      if (runLogged(next.work)) {
        lock.lock();
        try {
          mailbox.add(next.then);
          work.signal();
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private @Nullable LongWork nextLongWork() {
    lock.lock();
    try {
      while (!closed && longWorks.isEmpty()) {
        longWork.awaitUninterruptibly();
      }
      room.signalAll();
      return closed ? null : longWorks.remove();
    } finally {
      lock.unlock();
    }
  }

  private static boolean runLogged(Runnable task) {
    try {
      task.run();
      return true;
    } catch (RuntimeException | Error e) {
      logger.log(Level.ERROR, "a task of the loop failed, which is a bug", e);
      return false;
    }
  }
}
