package io.silverback.bench;

import java.io.OutputStream;

/** Counts bytes and forgets them. Not thread-safe. */
final class CountedOutput extends OutputStream {
  private long bytes;

  long bytes() {
    return bytes;
  }

  @Override
  public void write(int singleByte) {
    bytes++;
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    bytes += length;
  }
}
