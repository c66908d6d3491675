package io.silverback.server.member;

import io.silverback.cluster.Exposure;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StoreNotReadyException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What this server shows in some slots, of one snapshot, for another server. Thread-safe. */
final class ShownFamilies implements PieceStream.Source {
  private static final String MOVED = "other servers show some of these slots now";

  private final MetricStore local;
  private final Supplier<Exposure> exposure;
  private final BitSet slots;
  private volatile Optional<Exposure> shown = Optional.empty();
  private volatile int lost;

  ShownFamilies(MetricStore local, Supplier<Exposure> exposure, BitSet slots) {
    this.local = local;
    this.exposure = exposure;
    this.slots = slots;
  }

  @Override
  public void write(Pieces.Sink sink) {
    try (Snapshot snapshot = snapshot()) {
      new PieceWriter(new Counted(sink, snapshot)).write(snapshot.families());
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
        shown = Optional.of(now);
        return snapshot;
      }
      snapshot.close();
    }
  }

  /** Knows what is missing in a piece before the reader has it. */
  private final class Counted implements Pieces.Sink {
    private final Pieces.Sink sink;
    private final Snapshot snapshot;

    private Counted(Pieces.Sink sink, Snapshot snapshot) {
      this.sink = sink;
      this.snapshot = snapshot;
    }

    @Override
    public void piece(List<byte[]> records) {
      lost = snapshot.lost();
      sink.piece(records);
    }

    @Override
    public void pause() {
      sink.pause();
    }

    @Override
    public void goOn() {
      sink.goOn();
    }
  }

  /** Nothing of it may be shown by another server since. */
  @Override
  public PieceStream.Ended end() {
    boolean holds = shown.filter(exposure -> exposure.holds().getAsBoolean()).isPresent();
    return new PieceStream.Ended(holds, lost);
  }
}
