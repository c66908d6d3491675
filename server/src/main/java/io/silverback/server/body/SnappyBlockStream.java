package io.silverback.server.body;

import io.airlift.compress.snappy.SnappyCompressor;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes one block of snappy of a length that is known from the start.
 *
 * <p>A block has one head and then copies and literals, and a copy goes back by less than 64 KiB.
 * So pieces of that length are compressed each for itself, and what comes out is the block, however
 * long it is, with the memory of one piece. Not thread-safe.
 */
public final class SnappyBlockStream extends OutputStream {
  private static final int PIECE_BYTES = 64 * 1024;

  private final OutputStream out;
  private final SnappyCompressor compressor = new SnappyCompressor();
  private final byte[] piece = new byte[PIECE_BYTES];
  private final byte[] packed = new byte[compressor.maxCompressedLength(PIECE_BYTES)];
  private int used;

  /** Writes the head of a block that inflates to that many bytes, which must be written here. */
  public SnappyBlockStream(OutputStream out, long length) throws IOException {
    this.out = out;
    long rest = length;
    while ((rest & ~0x7FL) != 0) {
      out.write(((int) rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  @Override
  public void write(int singleByte) throws IOException {
    write(new byte[] {(byte) singleByte}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int at = offset;
    int end = offset + length;
    while (at < end) {
      int count = Math.min(end - at, PIECE_BYTES - used);
      System.arraycopy(bytes, at, piece, used, count);
      used += count;
      at += count;
      if (used == PIECE_BYTES) {
        writePiece();
      }
    }
  }

  /** Writes the rest and closes what is written to. */
  @Override
  public void close() throws IOException {
    writePiece();
    out.close();
  }

  private void writePiece() throws IOException {
    if (used == 0) {
      return;
    }
    int length = compressor.compress(piece, 0, used, packed, 0, packed.length);
    int head = 0;
    while (packed[head] < 0) {
      head++;
    }
    out.write(packed, head + 1, length - head - 1);
    used = 0;
  }
}
