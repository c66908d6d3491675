package io.silverback.cluster.node;

import static java.util.Map.entry;

import io.silverback.cluster.Loop;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A loop that is a thread, with others for the works beside it. Thread-safe.
 *
 * <p>{@link Mailbox} says which thread runs a task, and how many may wait. After {@link #close}
 * tasks and works are dropped without a word.
 */
public final class ThreadLoop implements Loop, AutoCloseable {
  private static final Logger logger = System.getLogger(ThreadLoop.class.getName());
  private static final Duration MOST_TO_END = Duration.ofSeconds(5);

  /** As long as a node that compares slots waits for an answer. */
  private static final Duration MOST_TO_BEGIN = Duration.ofSeconds(5);

  /** Far more than fifty nodes ask that each wait for an answer before they ask again. */
  static final int MOST_WORKS = 256;

  private final Mailbox mailbox;
  private final Thread thread;
  private final ExecutorService background;
  private final ExecutorService urgent;
  private final ExecutorService parallel;
  private final long mostNanosToBegin;
  private volatile boolean closed;

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
    this.mailbox = new Mailbox(capacity);
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(mailbox::runUntilClosed);
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
   * @throws RejectedExecutionException if too many tasks wait, and go on to
   */
  @Override
  public void execute(Runnable task) {
    mailbox.put(task);
  }

  /**
   * {@inheritDoc}
   *
   * @throws RejectedExecutionException if too many tasks wait, and go on to
   */
  @Override
  public void bring(Runnable task) {
    mailbox.bring(task);
  }

  @Override
  public void schedule(long delayNanos, Runnable task) {
    mailbox.schedule(delayNanos, task);
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
              mailbox.bringOutcome(() -> then.accept(outcome));
            }
          });
    } catch (RejectedExecutionException _) {
      // Full; or closed, and then nothing comes out.
      mailbox.bringOutcome(() -> then.accept(Optional.empty()));
    }
  }

  private static <T> Optional<T> outcome(Supplier<T> work) {
    try {
      return Optional.of(work.get());
    } catch (RuntimeException | Error e) {
      Mailbox.logFailure(e);
      return Optional.empty();
    }
  }

  /** How many tasks wait now. */
  public int waiting() {
    return mailbox.waiting();
  }

  /** How many tasks were refused since the start. */
  public long refused() {
    return mailbox.refused();
  }

  /** Ends when the task that runs has; drops all others. */
  @Override
  public void close() {
    closed = true;
    boolean isOwn = mailbox.close();
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
}
