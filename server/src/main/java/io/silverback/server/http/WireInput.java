package io.silverback.server.http;

import java.io.IOException;

/**
 * What a connection sends, as one run of bytes: how many of them a read of the socket brings shows
 * nowhere.
 *
 * <p>Belongs to the thread of its connection.
 */
final class WireInput {
  private static final int BUFFER_BYTES = 8 * 1024;

  /** Where the bytes come from; waits for at least one, and returns -1 at the end. */
  @FunctionalInterface
  interface Source {
    int read(byte[] bytes, int offset, int length) throws IOException;
  }

  private final Source source;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  WireInput(Source source) {
    this.source = source;
  }

  /** The next byte, from 0 to 255; -1 at the end. */
  int next() throws IOException {
    return position < limit || fill() ? buffer[position++] & 0xff : -1;
  }

  /** The same without taking it. */
  int peek() throws IOException {
    return position < limit || fill() ? buffer[position] & 0xff : -1;
  }

  /**
   * Takes what is here, or waits for more.
   *
   * @return how many bytes were taken, at least one unless the length is zero; -1 at the end
   */
  int read(byte[] bytes, int offset, int length) throws IOException {
    if (position == limit && length >= BUFFER_BYTES) {
      return source.read(bytes, offset, length);
    }
    if (length > 0 && position == limit && !fill()) {
      return -1;
    }
    int count = Math.min(length, limit - position);
    System.arraycopy(buffer, position, bytes, offset, count);
    position += count;
    return count;
  }

  /** Drops what is here, or waits for more and drops that; at most that many bytes. */
  int skip(long most) throws IOException {
    if (position == limit && !fill()) {
      return -1;
    }
    int count = (int) Math.min(most, limit - position);
    position += count;
    return count;
  }

  private boolean fill() throws IOException {
    int count = source.read(buffer, 0, BUFFER_BYTES);
    position = 0;
    limit = Math.max(0, count);
    return count > 0;
  }
}
