package io.silverback.server.http;

import java.io.IOException;

/**
 * The body of one request, taken out of its framing: with a length, or in chunks (RFC 9112,
 * sections 6 and 7).
 *
 * <p>Chunk extensions and trailers are skipped. Lines between chunks have to end in CR LF, and what
 * is not data is bounded by the data that it comes with. Belongs to the thread of its connection.
 */
public final class RequestBody {
  private static final int MOST_LINE_BYTES = 4096;
  private static final int MOST_TRAILERS = 100;

  /** What chunks may carry beyond their data and a usual line for each. */
  private static final int MOST_EXCESS_BYTES = 16 * 1024;

  private static final int USUAL_LINE_BYTES = 16;

  /** Beyond this a size of a chunk does not fit a long any more. */
  private static final long MOST_BEFORE_DIGIT = Long.MAX_VALUE >> 4;

  /** Called before the first byte is waited for. */
  @FunctionalInterface
  interface Opening {
    void open() throws IOException;
  }

  private final WireInput in;
  private final boolean isChunked;
  private final Opening opening;

  /** What is still to come of the body, or of this chunk. */
  private long rest;

  private boolean isOpen;
  private boolean isInChunks;
  private boolean isComplete;
  private long excessBytes;
  private long readBytes;

  /**
   * A body of which nothing was read.
   *
   * @param length of the body, or {@link RequestHead#CHUNKED}
   */
  RequestBody(WireInput in, long length, Opening opening) {
    this.in = in;
    this.isChunked = length == RequestHead.CHUNKED;
    this.opening = opening;
    this.rest = isChunked ? 0 : length;
    this.isComplete = length == 0;
  }

  /** How many bytes are certain to come, as far as the client has said yet. */
  public long announced() {
    return rest;
  }

  /** True once all of it was read, and the next byte belongs to the next request. */
  boolean isComplete() {
    return isComplete;
  }

  /** True if it was read from; a client that asked for a 100 got one. */
  boolean isOpen() {
    return isOpen;
  }

  /** Bytes of the body that were read. */
  public long readBytes() {
    return readBytes;
  }

  /**
   * Reads some bytes, and waits for the first of them.
   *
   * @return how many, at least one; -1 at the end of the body
   * @throws RefusedRequestException if the client breaks off, breaks the framing or is too slow
   */
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (!prepare()) {
      return -1;
    }
    return took(in.read(bytes, offset, (int) Math.min(rest, length)));
  }

  /**
   * Reads what is left and drops it.
   *
   * @return false if there is more than that
   */
  boolean skip(long most) throws IOException {
    long room = most;
    while (prepare()) {
      if (room <= 0) {
        return false;
      }
      room -= took(in.skip(Math.min(rest, room)));
    }
    return true;
  }

  /** Goes to the next byte of data; false at the end. */
  private boolean prepare() throws IOException {
    if (isComplete) {
      return false;
    }
    if (!isOpen) {
      isOpen = true;
      opening.open();
    }
    if (rest == 0) {
      nextChunk();
    }
    return !isComplete;
  }

  private int took(int count) throws RefusedRequestException {
    if (count < 0) {
      throw new RefusedRequestException(400, "unexpected EOF");
    }
    rest -= count;
    readBytes += count;
    isComplete = rest == 0 && !isChunked;
    return count;
  }

  private void nextChunk() throws IOException {
    if (isInChunks) {
      require('\r');
      require('\n');
    }
    isInChunks = true;
    rest = readSize();
    if (rest == 0) {
      skipTrailers();
      isComplete = true;
    }
  }

  private long readSize() throws IOException {
    long size = 0;
    int digits = 0;
    int bytes = 0;
    while (true) {
      int digit = Character.digit(in.peek(), 16);
      if (digit < 0) {
        break;
      }
      if (size > MOST_BEFORE_DIGIT || ++bytes > MOST_LINE_BYTES) {
        throw malformed();
      }
      in.next();
      size = size << 4 | digit;
      digits++;
    }
    if (digits == 0) {
      // Asks for the byte, since the end of the connection is another fault than a wrong byte.
      nextByte();
      throw malformed();
    }
    bytes += skipExtensions();
    excessBytes =
        Math.max(0, excessBytes + bytes - USUAL_LINE_BYTES - 2 * Math.min(size, MOST_EXCESS_BYTES));
    if (excessBytes > MOST_EXCESS_BYTES) {
      throw malformed();
    }
    return size;
  }

  /** Up to the end of the line; blanks, or blanks and what follows a semicolon. */
  private int skipExtensions() throws IOException {
    boolean isExtension = false;
    for (int bytes = 0; bytes < MOST_LINE_BYTES; bytes++) {
      int next = nextByte();
      if (next == '\r') {
        require('\n');
        return bytes + 2;
      }
      isExtension |= next == ';';
      boolean isFit = isExtension ? isText(next) : next == ' ' || next == '\t';
      if (!isFit) {
        throw malformed();
      }
    }
    throw malformed();
  }

  private void skipTrailers() throws IOException {
    for (int i = 0; i <= MOST_TRAILERS; i++) {
      if (isEndOfTrailers()) {
        return;
      }
    }
    throw malformed();
  }

  /** Reads a line; false if it is a field, which has a name and a colon. */
  private boolean isEndOfTrailers() throws IOException {
    boolean hasColon = false;
    for (int bytes = 0; bytes < MOST_LINE_BYTES; bytes++) {
      int next = nextByte();
      if (next == '\r') {
        require('\n');
        if (bytes > 0 && !hasColon) {
          throw malformed();
        }
        return bytes == 0;
      }
      boolean isNameless = bytes == 0 && (next == ':' || next == ' ' || next == '\t');
      if (isNameless || !isText(next)) {
        throw malformed();
      }
      hasColon |= next == ':';
    }
    throw malformed();
  }

  private void require(int wanted) throws IOException {
    if (nextByte() != wanted) {
      throw malformed();
    }
  }

  private int nextByte() throws IOException {
    int next = in.next();
    if (next < 0) {
      throw new RefusedRequestException(400, "unexpected EOF");
    }
    return next;
  }

  private static boolean isText(int character) {
    return character == '\t' || (character >= ' ' && character != 0x7f);
  }

  private static RefusedRequestException malformed() {
    return new RefusedRequestException(400, "malformed chunked encoding");
  }
}
