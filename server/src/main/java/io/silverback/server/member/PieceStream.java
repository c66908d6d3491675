package io.silverback.server.member;

import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.GroupLostException;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreNotReadyException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What this server has, while another server reads it piece by piece.
 *
 * <p>A thread of its own writes pieces, of which one waits for the reader. It ends, and gives all
 * back, when the reader says so, or does not ask for a while. Thread-safe.
 */
final class PieceStream implements Pieces.Sink {
  /** The piece that waits or is read, the next one, and what is made of them. */
  private static final long BYTES = 4L * Pieces.BYTES;

  private final Source source;
  private final MemoryPool memory;
  private final Duration idle;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private @Nullable List<byte[]> ready;
  private Optional<String> failure = Optional.empty();
  private long asked;
  private long askedNanos = System.nanoTime();
  private long askedForTaken;
  private boolean isAskedAgain;
  private boolean isEnded;

  /** The reader is gone. Has no stack trace. */
  private static final class AbandonedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private AbandonedException() {
      super("abandoned", null, false, false);
    }
  }

  /** Writes the pieces of a stream. */
  interface Source {
    /** Writes everything, and gives what it took back before it returns. */
    void write(Pieces.Sink sink);

    /** What is true of all that was written; asked by another thread. */
    Ended end();
  }

  /** What came of a question for a piece. */
  sealed interface Taken {
    record Piece(List<byte[]> records) implements Taken {}

    /** To be asked for again. */
    record NotYet() implements Taken {}

    record Failed(String reason) implements Taken {}
  }

  /**
   * What came of it all.
   *
   * @param holds true if nothing of it may be shown by another server since
   * @param lost groups that are missing
   */
  record Ended(boolean holds, int lost) {}

  /**
   * A stream that is not written yet.
   *
   * @param memory what the pieces take from
   * @param idle how long it waits for its reader
   */
  PieceStream(Source source, MemoryPool memory, Duration idle) {
    this.source = source;
    this.memory = memory;
    this.idle = idle;
  }

  /**
   * Takes what some streams hold of the heap at a time, at the server that writes them or at the
   * one that reads them.
   *
   * @throws SnapshotRefusedException if it is not there
   */
  static void take(MemoryPool.Lease lease, int streams) {
    if (!lease.take(streams * BYTES)) {
      throw new SnapshotRefusedException(
          "too much memory is taken by other scrapes, try again later or raise "
              + SnapshotRefusedException.FLAG);
    }
  }

  /** Writes everything; returns when the reader is done with it. */
  void run() {
    try (var lease = memory.lease()) {
      take(lease, 1);
      source.write(this);
      while (true) {
        awaitReader(true);
      }
    } catch (AbandonedException | PieceWriter.AgainException _) {
      fail("the pages are gone");
    } catch (StoreNotReadyException | SnapshotRefusedException | GroupLostException e) {
      fail(String.valueOf(e.getMessage()));
    } catch (StoreClosedException _) {
      fail("shutting down");
    } catch (RuntimeException | Error e) {
      fail("the store failed, see the log of the member");
      throw e;
    }
  }

  @Override
  public void piece(List<byte[]> records) {
    lock.lock();
    try {
      awaitReader(false);
      ready = records;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void pause() {
    awaitReader(true);
  }

  @Override
  public void goOn() {
    lock.lock();
    try {
      if (isEnded || System.nanoTime() - askedNanos > idle.toNanos()) {
        throw new AbandonedException();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the last piece is taken.
   *
   * @param andMore true to wait until the next one is asked for, too
   */
  private void awaitReader(boolean andMore) {
    lock.lock();
    try {
      long seen = asked;
      long left = idle.toNanos();
      while (!isEnded && !isAskedAgain && (ready != null || (andMore && asked == askedForTaken))) {
        if (asked != seen) {
          seen = asked;
          left = idle.toNanos();
        }
        if (left <= 0) {
          throw new AbandonedException();
        }
        left = changed.awaitNanos(left);
      }
      if (isEnded) {
        throw new AbandonedException();
      }
      if (isAskedAgain) {
        isAskedAgain = false;
        throw new PieceWriter.AgainException();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new AbandonedException();
    } finally {
      lock.unlock();
    }
  }

  private void fail(String reason) {
    lock.lock();
    try {
      failure = Optional.of(reason);
      ready = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next piece.
   *
   * @param again true for one that begins with the family which the last one was in
   * @param patience how long to wait for it
   */
  Taken take(boolean again, Duration patience) {
    lock.lock();
    try {
      asked++;
      askedNanos = System.nanoTime();
      if (again) {
        isAskedAgain = true;
        ready = null;
      }
      changed.signalAll();
      long left = patience.toNanos();
      while (ready == null && failure.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
      List<byte[]> piece = ready;
      if (piece != null) {
        ready = null;
        askedForTaken = asked;
        changed.signalAll();
        return new Taken.Piece(piece);
      }
      return failure.<Taken>map(Taken.Failed::new).orElseGet(Taken.NotYet::new);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Taken.Failed("shutting down");
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more is read. */
  Ended end() {
    lock.lock();
    try {
      isEnded = true;
      changed.signalAll();
      Ended ended = source.end();
      return new Ended(ended.holds() && failure.isEmpty(), ended.lost());
    } finally {
      lock.unlock();
    }
  }
}
