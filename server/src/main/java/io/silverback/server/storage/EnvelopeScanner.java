package io.silverback.server.storage;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.server.storage.DataExtents.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds the envelopes in a file, whatever else it holds, and whatever happened to it.
 *
 * <p>Reads the file through a window of bounded size; not thread-safe.
 */
final class EnvelopeScanner {
  private static final int WINDOW_LENGTH = 4 << 20;

  private final long magic;
  private final int longestBytes;
  private final Visitor visitor;
  private final UnsafeBuffer view = new UnsafeBuffer();
  private ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_LENGTH);
  private int filled;

  /** Is told what is found, in the order of the file. */
  interface Visitor {
    /** A sound envelope, borrowed for the call. */
    void found(UnsafeBuffer envelope);

    /** Something that begins like an envelope and is none. */
    void damaged(Path file, long offset);
  }

  /**
   * A scanner for the files of one store.
   *
   * @param magic the number of the store, without a zero among its bytes
   * @param longestBytes of an envelope
   */
  EnvelopeScanner(long magic, int longestBytes, Visitor visitor) {
    this.magic = magic;
    this.longestBytes = longestBytes;
    this.visitor = visitor;
  }

  void scan(Path path) throws IOException {
    try (var file = FileChannel.open(path, StandardOpenOption.READ)) {
      for (Extent extent : DataExtents.of(path)) {
        scan(path, file, extent);
      }
    }
  }

  private void scan(Path path, FileChannel file, Extent extent) throws IOException {
    long at = extent.start();
    while (at + Long.BYTES <= extent.end()) {
      fill(file, at, WINDOW_LENGTH);
      int offset = search(extent.end() - at);
      if (offset < 0) {
        at += Math.max(1, filled - Long.BYTES + 1);
        continue;
      }
      at += offset;
      at += visit(path, file, at, offset);
    }
  }

  /** Where in the window the magic stands; -1 if nowhere. */
  private int search(long limit) {
    int end = (int) Math.min(limit, filled) - Long.BYTES;
    int i = 0;
    while (i <= end) {
      long word = view.getLong(i, LITTLE_ENDIAN);
      if (word == magic) {
        return i;
      }
      i += word == 0 ? Long.BYTES : 1;
    }
    return -1;
  }

  /** Looks at what stands at the offset of the window, and tells how far to go on. */
  private int visit(Path path, FileChannel file, long at, int offset) throws IOException {
    int start = offset;
    long length = lengthAt(start);
    if (length < 0 || start + length > filled) {
      fill(file, at, (int) Math.min(longestBytes, Math.max(length, WINDOW_LENGTH)));
      start = 0;
      length = lengthAt(0);
    }
    if (length >= 0 && length <= longestBytes && start + length <= filled) {
      var envelope = new UnsafeBuffer(window, start, (int) length);
      if (Envelope.isSound(envelope)) {
        visitor.found(envelope);
        return (int) length;
      }
    }
    visitor.damaged(path, at);
    return Long.BYTES;
  }

  /** What the envelope there says of its length; negative if its head is not in the window. */
  private long lengthAt(int offset) {
    if (offset + Envelope.KEY_OFFSET > filled) {
      return -1;
    }
    var head = new UnsafeBuffer(window, offset, Envelope.KEY_OFFSET);
    long key = Envelope.keyLength(head) & 0xffff_ffffL;
    return Envelope.KEY_OFFSET + key + (Envelope.valueLength(head) & 0xffff_ffffL);
  }

  private void fill(FileChannel file, long at, int length) throws IOException {
    if (length > window.capacity()) {
      window = ByteBuffer.allocateDirect(length);
    }
    window.clear().limit(length);
    while (window.hasRemaining() && file.read(window, at + window.position()) >= 0) {
      // A read may bring less than there is room for.
    }
    filled = window.position();
    view.wrap(window, 0, filled);
  }
}
