package io.silverback.server.member;

import io.silverback.cluster.Exposure;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.GroupLostException;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.StoreClosedException;
import io.silverback.server.storage.StoreNotReadyException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What this server shows in some slots, while another server reads it piece by piece.
 *
 * <p>A thread of its own takes a snapshot and writes pieces of it, of which one waits for the
 * reader. It ends, and gives all back, when the reader says so, or does not ask for a while.
 * Thread-safe.
 */
final class FamilyStream {
  /** The piece that waits, the next one, and what the answer makes of them. */
  private static final long BYTES = 4L * PieceWriter.PIECE_BYTES;

  private static final String MOVED = "other servers show some of these slots now";

  private final MetricStore local;
  private final Supplier<Exposure> exposure;
  private final MemoryPool memory;
  private final BitSet slots;
  private final Duration idle;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private @Nullable List<byte[]> ready;
  private @Nullable Exposure shown;
  private Optional<String> failure = Optional.empty();
  private int lost;
  private long asked;
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
   * @param idle how long it waits for its reader
   */
  FamilyStream(
      MetricStore local,
      Supplier<Exposure> exposure,
      MemoryPool memory,
      BitSet slots,
      Duration idle) {
    this.local = local;
    this.exposure = exposure;
    this.memory = memory;
    this.slots = slots;
    this.idle = idle;
  }

  /** Writes everything; returns when the reader is done with it. */
  void run() {
    try (var lease = memory.lease()) {
      if (!lease.take(BYTES)) {
        throw new SnapshotRefusedException(
            "too much memory is taken by other scrapes, try again later or raise "
                + SnapshotRefusedException.FLAG);
      }
      try (Snapshot snapshot = snapshot()) {
        new PieceWriter(
                new PieceWriter.Sink() {
                  @Override
                  public void piece(List<byte[]> records) {
                    put(records, snapshot.lost());
                  }

                  @Override
                  public void pause() {
                    awaitReader(true);
                  }
                })
            .write(snapshot.families());
        while (true) {
          awaitReader(true);
        }
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

  /** All that is in the slots as it is now, if this server shows them all. */
  private Snapshot snapshot() {
    while (true) {
      Exposure now = exposure.get();
      if (!slots.stream().allMatch(now.slots())) {
        throw new StoreNotReadyException(MOVED);
      }
      Snapshot snapshot = local.snapshot(slots::get);
      // Of a slot that was handed over meanwhile, some may be from before that.
      if (now.isWhole().getAsBoolean()) {
        lock.lock();
        try {
          shown = now;
        } finally {
          lock.unlock();
        }
        return snapshot;
      }
      snapshot.close();
    }
  }

  private void put(List<byte[]> records, int lostSoFar) {
    lock.lock();
    try {
      awaitReader(false);
      ready = records;
      lost = lostSoFar;
      changed.signalAll();
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
      Exposure whole = shown;
      return new Ended(whole != null && failure.isEmpty() && whole.holds().getAsBoolean(), lost);
    } finally {
      lock.unlock();
    }
  }
}
