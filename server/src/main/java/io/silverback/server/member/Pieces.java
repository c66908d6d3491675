package io.silverback.server.member;

import java.util.ArrayList;
import java.util.List;

/** Gathers records to pieces of a bounded length. Not thread-safe. */
final class Pieces {
  /** A piece ends with the record that reaches this. */
  static final int BYTES = 512 * 1024;

  private final Sink sink;
  private List<byte[]> records = new ArrayList<>();
  private int length;
  private int count;

  /** Takes the pieces, one after the other. */
  interface Sink {
    /**
     * Takes a piece.
     *
     * @throws PieceWriter.AgainException if the current family is to be written again
     */
    void piece(List<byte[]> records);

    /**
     * Waits until the reader goes on.
     *
     * @throws PieceWriter.AgainException if the current family is to be written again
     */
    void pause();

    /** Called now and then by what takes long to find its next record; ends it without a reader. */
    void goOn();
  }

  Pieces(Sink sink) {
    this.sink = sink;
  }

  void add(byte[] record) {
    records.add(record);
    length += record.length;
    if (length >= BYTES) {
      flush();
    }
  }

  /** Hands over what is left. */
  void flush() {
    if (records.isEmpty()) {
      return;
    }
    List<byte[]> piece = records;
    drop();
    count++;
    sink.piece(piece);
  }

  /** Forgets what is left. */
  void drop() {
    records = new ArrayList<>();
    length = 0;
  }

  /** How many were handed over. */
  int count() {
    return count;
  }
}
