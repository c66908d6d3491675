package io.silverback.server.pushgateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;

/**
 * The numbers and texts of Go's gob encoding, as {@code encoding/gob} documents them. Never holds
 * more than the file has left. Not thread-safe.
 */
final class GobInput {
  private static final int MOST_BYTES_OF_A_NUMBER = 8;

  private final InputStream in;
  private final long length;
  private long offset;

  /** Reads a file of that many bytes; the caller closes it. */
  GobInput(InputStream in, long length) {
    this.in = in;
    this.length = length;
  }

  long offset() {
    return offset;
  }

  boolean isAtEnd() {
    return offset == length;
  }

  MalformedFileException malformed(String reason) {
    return new MalformedFileException(reason, offset);
  }

  /** A byte below 128 is the number; another one is 256 less the count of bytes that follow. */
  long unsigned() throws IOException {
    int first = oneByte();
    if (first < 128) {
      return first;
    }
    int count = 256 - first;
    if (count > MOST_BYTES_OF_A_NUMBER) {
      throw malformed("a number has too many bytes");
    }
    long number = 0;
    for (int i = 0; i < count; i++) {
      number = (number << 8) | oneByte();
    }
    return number;
  }

  /** The lowest bit says whether the others are to be flipped. */
  long signed() throws IOException {
    long bits = unsigned();
    return (bits & 1) == 0 ? bits >>> 1 : ~(bits >>> 1);
  }

  /** A count of things that take a byte each at least. */
  int count() throws IOException {
    long count = unsigned();
    if (count < 0 || count > length - offset || count > Integer.MAX_VALUE) {
      throw malformed("more is announced than the file has left");
    }
    return (int) count;
  }

  byte[] bytes() throws IOException {
    int count = count();
    byte[] bytes = in.readNBytes(count);
    offset += bytes.length;
    if (bytes.length < count) {
      throw malformed("the file is cut off");
    }
    return bytes;
  }

  String text() throws IOException {
    return new String(bytes(), UTF_8);
  }

  private int oneByte() throws IOException {
    int read = in.read();
    if (read < 0) {
      throw malformed("the file is cut off");
    }
    offset++;
    return read;
  }
}
