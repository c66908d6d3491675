package io.silverback.cluster.node;

import static java.util.Map.entry;

import io.silverback.cluster.Loop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A loop that is a thread, with others for the works beside it. Thread-safe.
 *
 * <p>One thread at a time runs its tasks, and that need not be its own: a thread that brings a
 * message or what comes out of a work goes on with the tasks if nobody else is at them, as waking
 * another thread costs more than most tasks. Never a virtual thread, which could lose its carrier
 * in the middle of a task and keep all others waiting; and none for longer than its share.
 *
 * <p>Its mailbox is bounded. Another thread that finds it full waits a moment, so that a sender
 * that brings messages slows down to what the loop can do, and is then refused by a {@link
 * RejectedExecutionException}. What the loop hands to itself, and what comes due or comes out of a
 * work, always finds room: it is as much as the tasks want.
 *
 * <p>A task that throws is logged as a bug, and the next one runs. After {@link #close} tasks and
 * works are dropped without a word.
 */
public final class ThreadLoop implements Loop, AutoCloseable {
  private static final Logger logger = System.getLogger(ThreadLoop.class.getName());
  private static final long MOST_NANOS_TO_WAIT = TimeUnit.MILLISECONDS.toNanos(100);
  private static final Duration MOST_TO_END = Duration.ofSeconds(5);

  /** As long as a node that compares slots waits for an answer. */
  private static final Duration MOST_TO_BEGIN = Duration.ofSeconds(5);

  /** After which a thread that is not the loop's own leaves the tasks to that one. */
  static final int MOST_TASKS_IN_A_ROW = 64;

  /**
   * Most timers are for what does not happen. Those that are far enough away come due together, so
   * that the loop wakes up once for all of a moment.
   */
  static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  static final long FAR_NANOS = 10 * MOMENT_NANOS;

  /** Far more than fifty nodes ask that each wait for an answer before they ask again. */
  static final int MOST_WORKS = 256;

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final Thread thread;
  private final ExecutorService background;
  private final ExecutorService urgent;
  private final ExecutorService parallel;
  private final long mostNanosToBegin;

  /** Who runs tasks now, if anybody does. */
  private @Nullable Thread runner;

  /** For what the loop's own thread waits, if it waits and not for ever. */
  private @Nullable Timer awaited;

  private long timersMade;
  private long refused;
  private volatile boolean closed;

  private record Timer(long dueNanos, long number, Runnable task) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      // The origin of the monotonic clock is arbitrary: only differences mean something.
      long distance = dueNanos - other.dueNanos;
      return distance != 0 ? Long.signum(distance) : Long.compare(number, other.number);
    }
  }

  /**
   * Starts the loop's thread; those for works start when there are some.
   *
   * @param name of the loop's thread
   * @param capacity how many tasks of other threads may wait
   * @param parallelism how many works run in parallel; some of them wait for locks
   */
  public ThreadLoop(String name, int capacity, int parallelism) {
    this(name, capacity, parallelism, MOST_TO_BEGIN);
  }

  /** The same with another time after which nobody waits for a work that was not begun. */
  ThreadLoop(String name, int capacity, int parallelism, Duration mostToBegin) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a loop needs room for a task: capacity=" + capacity);
    }
    this.capacity = capacity;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    this.mostNanosToBegin = mostToBegin.toNanos();
    this.background = oneAfterTheOther(name + "-background");
    this.urgent = oneAfterTheOther(name + "-urgent");
    this.parallel =
        Executors.newFixedThreadPool(
            parallelism, Thread.ofPlatform().daemon().name(name + "-parallel-", 0).factory());
    thread.start();
  }

  private static ExecutorService oneAfterTheOther(String name) {
    return new ThreadPoolExecutor(
        1,
        1,
        0,
        TimeUnit.NANOSECONDS,
        new ArrayBlockingQueue<>(MOST_WORKS),
        Thread.ofPlatform().daemon().name(name).factory());
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
      if (awaitRoom()) {
        mailbox.add(task);
        wakeIfNeeded();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws RejectedExecutionException if the mailbox stays full
   */
  @Override
  public void bring(Runnable task) {
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

  @Override
  public void schedule(long delayNanos, Runnable task) {
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

  @Override
  public <T> void background(Supplier<T> work, Consumer<Optional<T>> then) {
    run(background, mostNanosToBegin, work, then);
  }

  @Override
  public <T> void urgent(Supplier<T> work, Consumer<Optional<T>> then) {
    run(urgent, mostNanosToBegin, work, then);
  }

  @Override
  public <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then) {
    run(parallel, Long.MAX_VALUE, work, then);
  }

  private <T> void run(
      ExecutorService workers, long mostNanos, Supplier<T> work, Consumer<Optional<T>> then) {
    long handedOver = System.nanoTime();
    try {
      workers.execute(
          () -> {
            if (!closed) {
              boolean isLate = System.nanoTime() - handedOver > mostNanos;
              Optional<T> outcome = isLate ? Optional.empty() : outcome(work);
              comesOut(() -> then.accept(outcome));
            }
          });
    } catch (RejectedExecutionException _) {
      // Full; or closed, and then nothing comes out.
      comesOut(() -> then.accept(Optional.empty()));
    }
  }

  private static <T> Optional<T> outcome(Supplier<T> work) {
    try {
      return Optional.of(work.get());
    } catch (RuntimeException | Error e) {
      logFailure(e);
      return Optional.empty();
    }
  }

  private void comesOut(Runnable then) {
    boolean isMine = false;
    lock.lock();
    try {
      if (!closed) {
        isMine = addOrTakeOver(then);
      }
    } finally {
      lock.unlock();
    }
    if (isMine) {
      runSome();
    }
  }

  /** True if this thread has to run it, and what waits before it. Under the lock. */
  private boolean addOrTakeOver(Runnable task) {
    mailbox.add(task);
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
    int left = MOST_TASKS_IN_A_ROW;
    for (Runnable task = nextOrLeave(left); task != null; task = nextOrLeave(left)) {
      runLogged(task);
      left--;
    }
  }

  private @Nullable Runnable nextOrLeave(int left) {
    lock.lock();
    try {
      Runnable task = left > 0 ? poll() : null;
      if (task == null) {
        runner = null;
        wakeIfNeeded();
      }
      return task;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the loop's own thread if nobody runs what waits or would see to the next timer. */
  private void wakeIfNeeded() {
    if (runner == null) {
      Timer first = timers.peek();
      boolean isEarlier = first != null && (awaited == null || first.compareTo(awaited) < 0);
      if (closed || isEarlier || !mailbox.isEmpty()) {
        work.signal();
      }
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
    boolean isOwn;
    lock.lock();
    try {
      isOwn = runner == Thread.currentThread();
      closed = true;
      mailbox.clear();
      timers.clear();
      work.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    List<ExecutorService> works = List.of(background, urgent, parallel);
    works.forEach(ExecutorService::shutdown);
    try {
      boolean ended = isOwn || thread.join(MOST_TO_END);
      for (ExecutorService workers : works) {
        ended &= workers.awaitTermination(MOST_TO_END.toMillis(), TimeUnit.MILLISECONDS);
      }
      if (!ended) {
        logger.log(Level.WARNING, "a task does not end", entry("loop", thread.getName()));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if the loop is closed. */
  private boolean awaitRoom() {
    boolean isOwn = runner == Thread.currentThread();
    long left = MOST_NANOS_TO_WAIT;
    while (!closed && !isOwn && mailbox.size() >= capacity) {
      try {
        left = left <= 0 ? 0 : room.awaitNanos(left);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        left = 0;
      }
      if (left <= 0 && !closed && mailbox.size() >= capacity) {
        refused++;
        throw new RejectedExecutionException(
            "the loop does not keep up: waiting=" + mailbox.size());
      }
    }
    return !closed;
  }

  private void run() {
    for (Runnable task = next(); task != null; task = next()) {
      runLogged(task);
    }
  }

  /** Null when the loop is closed, and no other thread runs a task. */
  private @Nullable Runnable next() {
    lock.lock();
    try {
      if (runner == thread) {
        runner = null;
      }
      while (!closed || runner != null) {
        Runnable task = runner == null ? poll() : null;
        if (task != null) {
          runner = thread;
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
      mailbox.add(timers.remove().task);
    }
    Runnable task = mailbox.poll();
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

  private static void logFailure(Throwable failure) {
    logger.log(Level.ERROR, "a task of the loop failed, which is a bug", failure);
  }
}
