package io.silverback.server.memory;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongPredicate;

/**
 * Memory that all requests of a kind may take together. A request takes from it before it uses any;
 * where there is not enough left it waits for others to end.
 *
 * <p>Thread-safe. What is there goes to any request that it is enough for, so that small ones get
 * through while large ones wait.
 */
public final class MemoryPool {
  /** For the client whose request got nothing since the process is full. */
  public static final String PROCESS_IS_FULL =
      "memory is full, try again later, delete some groups or raise --storage.max-memory";

  /** The room of the process comes and goes without a word from this pool. */
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final long mostBytes;
  private final long assuredBytes;
  private final long setAsideBytes;
  private final Duration maxWait;
  private final LongPredicate processHasRoomFor;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition givenBack = lock.newCondition();

  /** A pool of which nothing is taken, and which nothing else bounds. */
  public MemoryPool(long mostBytes, Duration maxWait) {
    this(mostBytes, mostBytes, 0, maxWait, _ -> true);
  }

  /**
   * A pool of which nothing is taken.
   *
   * @param assuredBytes what is given however full the process is
   * @param setAsideBytes how much of that the process has to leave free
   * @param maxWait how long a request waits for what others have taken
   * @param processHasRoomFor asked for what is taken beyond what is assured
   */
  MemoryPool(
      long mostBytes,
      long assuredBytes,
      long setAsideBytes,
      Duration maxWait,
      LongPredicate processHasRoomFor) {
    this.mostBytes = mostBytes;
    this.assuredBytes = assuredBytes;
    this.setAsideBytes = setAsideBytes;
    this.maxWait = maxWait;
    this.processHasRoomFor = processHasRoomFor;
  }

  /** A pool that never runs out. */
  public static MemoryPool unlimited() {
    return new MemoryPool(Long.MAX_VALUE / 2, Duration.ZERO);
  }

  /** What a request takes that has nothing yet. */
  public Lease lease() {
    return new Lease();
  }

  public long mostBytes() {
    return mostBytes;
  }

  public long takenBytes() {
    return taken.get();
  }

  /** What is set aside and not taken yet. */
  long untouchedBytes() {
    return Math.max(0, setAsideBytes - taken.get());
  }

  /** True if a request waits now. */
  public boolean isWaitedFor() {
    return waiting.get() > 0;
  }

  /** Takes it if it is there; never parks. */
  private boolean tryTake(long more) {
    while (true) {
      long before = taken.get();
      long after = before + more;
      long beyond = after - Math.max(before, assuredBytes);
      if (after > mostBytes || (beyond > 0 && !processHasRoomFor.test(beyond))) {
        return false;
      }
      if (taken.compareAndSet(before, after)) {
        return true;
      }
    }
  }

  private boolean takeWithin(long more, long nanos) throws InterruptedException {
    long until = System.nanoTime() + nanos;
    lock.lockInterruptibly();
    waiting.incrementAndGet();
    try {
      while (!tryTake(more)) {
        long left = until - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        givenBack.awaitNanos(Math.min(left, LOOK_AGAIN_NANOS));
      }
      return true;
    } finally {
      waiting.decrementAndGet();
      lock.unlock();
    }
  }

  private void release(long bytes) {
    taken.addAndGet(-bytes);
    // One that begins to wait now looks once more before it parks.
    if (waiting.get() > 0) {
      lock.lock();
      try {
        givenBack.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** What one request has taken; all of it is given back by the close. Belongs to one thread. */
  public final class Lease implements AutoCloseable {
    private long bytes;

    private Lease() {}

    /** True if so much more is not more than the pool has, however long one waits. */
    public boolean canTake(long more) {
      return bytes + more <= mostBytes;
    }

    /** True if the pool has so much more, and it is the process that has no room for it. */
    public boolean isProcessFull(long more) {
      return taken.get() + more <= mostBytes;
    }

    /** Takes more, and waits for it if need be; false if it does not come soon enough. */
    public boolean take(long more) {
      try {
        return canTake(more)
            && (tryTake(more) || (takeWithin(more, maxWait.toNanos()) && count(more)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    /** Takes more if it is there at once; never parks. */
    public boolean tryTake(long more) {
      return canTake(more) && MemoryPool.this.tryTake(more) && count(more);
    }

    private boolean count(long more) {
      bytes += more;
      return true;
    }

    /** Gives back a part. */
    public void giveBack(long less) {
      bytes -= less;
      release(less);
    }

    @Override
    public void close() {
      giveBack(bytes);
    }
  }
}
