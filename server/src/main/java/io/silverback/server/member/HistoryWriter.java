package io.silverback.server.member;

import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.model.Labels;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.Samples;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.engine.LocalStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;

/**
 * The history that this server has of some series, as records that a {@link HistoryPieces} reads at
 * another server. Layout: {@code docs/formats/server-questions.md}. Thread-safe.
 */
final class HistoryWriter implements PieceStream.Source {
  static final int GROUP = 6;
  static final int SERIES = 7;
  static final int SAMPLES = 8;

  /** Of a record. */
  private static final int SAMPLES_AT_ONCE = 4096;

  private final Reading reading;
  private final MemoryPool memory;

  /** Hands over what was asked for. */
  @FunctionalInterface
  private interface Reading {
    void read(QueryBudget budget, OrderedHistorySink sink) throws IOException;
  }

  /** What was pushed: a kind of stream of its own, so that queries do not wait for it. */
  private record Pushed(HistoryWriter writer) implements PieceStream.Source {
    @Override
    public void write(Pieces.Sink sink) {
      writer.write(sink);
    }

    @Override
    public PieceStream.Ended end() {
      return writer.end();
    }
  }

  private HistoryWriter(Reading reading, MemoryPool memory) {
    this.reading = reading;
    this.memory = memory;
  }

  /**
   * A writer of what a query asks for.
   *
   * @param memory what queries take from
   */
  static PieceStream.Source of(LocalStore local, HistoryQuery query, MemoryPool memory) {
    return new HistoryWriter((budget, sink) -> local.orderedHistory(query, budget, sink), memory);
  }

  /** The same of all that was pushed to some slots, with each end of a series. */
  static PieceStream.Source ofPushes(
      LocalStore local, BitSet slots, long fromMillis, long toMillis, MemoryPool memory) {
    return new Pushed(
        new HistoryWriter(
            (budget, sink) -> local.pushLog().readSlots(slots, fromMillis, toMillis, budget, sink),
            memory));
  }

  @Override
  public void write(Pieces.Sink sink) {
    var pieces = new Pieces(sink);
    try (MemoryPool.Lease lease = memory.lease()) {
      reading.read(new Budget(lease, sink), new Records(pieces));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    pieces.add(new ByteOutput().u8(PieceWriter.END).finish());
    pieces.flush();
  }

  /** What was is told by any server that knows it. */
  @Override
  public PieceStream.Ended end() {
    return new PieceStream.Ended(true, 0);
  }

  private final class Budget implements QueryBudget {
    private final MemoryPool.Lease lease;
    private final Pieces.Sink reader;

    private Budget(MemoryPool.Lease lease, Pieces.Sink reader) {
      this.lease = lease;
      this.reader = reader;
    }

    @Override
    public long mostBytes() {
      return memory.mostBytes();
    }

    @Override
    public void take(long bytes) {
      if (!lease.take(bytes)) {
        throw new StoreNotReadyException(
            "the query gets not enough memory there, ask for less time or raise"
                + " --limits.max-query-memory");
      }
    }

    @Override
    public void goOn() {
      reader.goOn();
    }
  }

  private static final class Records implements OrderedHistorySink {
    private final Pieces pieces;
    private byte[] group = {};

    private Records(Pieces pieces) {
      this.pieces = pieces;
    }

    @Override
    public void group(byte[] key) {
      group = key;
    }

    @Override
    public void series(String family, String name, Labels labels, Samples samples) {
      if (group.length > 0) {
        pieces.add(new ByteOutput().u8(GROUP).bytes(group).finish());
        group = new byte[0];
      }
      var head = new ByteOutput().u8(SERIES).text(family).text(name).u32(labels.size());
      for (int i = 0; i < labels.size(); i++) {
        head.text(labels.name(i)).text(labels.value(i));
      }
      pieces.add(head.u32(samples.size()).finish());
      for (int from = 0; from < samples.size(); from += SAMPLES_AT_ONCE) {
        var record = new ByteOutput().u8(SAMPLES);
        for (int i = from; i < Math.min(samples.size(), from + SAMPLES_AT_ONCE); i++) {
          record.u64(samples.timeMillis(i)).u64(Double.doubleToRawLongBits(samples.value(i)));
        }
        pieces.add(record.finish());
      }
    }
  }
}
