package io.silverback.server.storage.maps;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silverback.server.storage.maps.DataExtents.Extent;
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
public final class EnvelopeScanner {
  private static final int WINDOW_LENGTH = 1 << 20;

  private final long magic;
  private final int longestBytes;
  private final Visitor visitor;
  private final UnsafeBuffer view = new UnsafeBuffer();
  private ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_LENGTH);
  private long windowStart;
  private int filled;

  /** Is told what is found, in the order of the file. */
  public interface Visitor {
    /** A sound envelope, borrowed for the call. */
    void found(UnsafeBuffer envelope);

    /** Something that begins like an envelope and is not one. */
    void damaged(Path file, long offset);

    /** All of a part of the file has been shown, as has all before it. */
    default void passed(Path file, long from, long to) throws IOException {}
  }

  /**
   * A scanner for the files of one store.
   *
   * @param magic the number of the store, without a zero among its bytes
   * @param longestBytes of an envelope
   */
  public EnvelopeScanner(long magic, int longestBytes, Visitor visitor) {
    this.magic = magic;
    this.longestBytes = longestBytes;
    this.visitor = visitor;
  }

  public void scan(Path path) throws IOException {
    filled = 0;
    try (var file = FileChannel.open(path, StandardOpenOption.READ)) {
      for (Extent extent : DataExtents.of(path)) {
        scan(path, file, extent);
      }
    }
  }

  private void scan(Path path, FileChannel file, Extent extent) throws IOException {
    long at = extent.start();
    while (at + Long.BYTES <= extent.end()) {
      long from = at;
      show(file, at, Long.BYTES);
      int offset = search((int) (at - windowStart), extent.end() - windowStart);
      if (offset < 0) {
        at = Math.max(at + 1, windowStart + filled - Long.BYTES + 1);
      } else {
        at = windowStart + offset;
        at += visit(path, file, at);
      }
      // The window goes on where the part ends, and the next part was not looked at yet.
      visitor.passed(path, from, Math.min(at, extent.end()));
    }
  }

  /** Where in the window the magic stands; -1 if nowhere. */
  private int search(int from, long limit) {
    int end = (int) Math.min(limit, filled) - Long.BYTES;
    int i = from;
    while (i <= end) {
      long word = view.getLong(i, LITTLE_ENDIAN);
      if (word == magic) {
        return i;
      }
      i += word == 0 ? Long.BYTES : 1;
    }
    return -1;
  }

  /** Looks at what begins like an envelope, and tells how far to go on. */
  private int visit(Path path, FileChannel file, long at) throws IOException {
    if (show(file, at, Envelope.KEY_OFFSET)) {
      long length = announcedLength((int) (at - windowStart));
      if (length <= longestBytes && show(file, at, (int) length)) {
        var envelope = new UnsafeBuffer(window, (int) (at - windowStart), (int) length);
        if (Envelope.isSound(envelope)) {
          visitor.found(envelope);
          return (int) length;
        }
      }
    }
    visitor.damaged(path, at);
    return Long.BYTES;
  }

  private long announcedLength(int offset) {
    var head = new UnsafeBuffer(window, offset, Envelope.KEY_OFFSET);
    return Envelope.KEY_OFFSET
        + Integer.toUnsignedLong(Envelope.keyLength(head))
        + Integer.toUnsignedLong(Envelope.valueLength(head));
  }

  /** Brings bytes of the file into the window; false if it ends before. */
  private boolean show(FileChannel file, long at, int length) throws IOException {
    if (at < windowStart || at + length > windowStart + filled) {
      fill(file, at, Math.max(length, WINDOW_LENGTH));
    }
    return at + length <= windowStart + filled;
  }

  private void fill(FileChannel file, long at, int length) throws IOException {
    if (length > window.capacity()) {
      window = ByteBuffer.allocateDirect(length);
    }
    window.clear().limit(length);
    while (window.hasRemaining() && file.read(window, at + window.position()) >= 0) {
      // A read may bring less than there is room for.
    }
    windowStart = at;
    filled = window.position();
    view.wrap(window, 0, window.capacity());
  }
}
