package io.silverback.server.gzip;

import io.silverback.codec.exposition.RepeatingPage;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * A page as one member of gzip, of which each piece that is written at once is deflated on its own,
 * so that one that was deflated before needs not be again, and a passage that was shown before not
 * even be written. Not thread-safe.
 *
 * <p>The close ends the page: one that a fault cut off must not be closed.
 */
public final class GzipPage extends OutputStream implements RepeatingPage {
  private static final int CHUNK_BYTES = 64 * 1024;

  /** The highest at which zlib takes the first match that it finds: twice as fast as the next. */
  private static final int LEVEL = 3;

  /** More than deflate adds to what it cannot make smaller, the end of a piece included. */
  private static final int MOST_ADDED = 1024;

  /** Fewer series are written sooner than found, and shorter pieces deflate worse. */
  private static final int LEAST_PASSAGE_SERIES = 32;

  /** A passage of more is not kept. */
  private static final int MOST_PASSAGE_BYTES = 256 * 1024;

  /** An empty last block, which is of fixed codes. */
  private static final byte[] LAST_BLOCK = {3, 0};

  private static final byte[] HEAD = {
    0x1f, (byte) 0x8b, Deflater.DEFLATED, 0, 0, 0, 0, 0, 0, (byte) 0xff
  };

  private final OutputStream body;
  private final SegmentCache cache;
  private final CRC32 checksum = new CRC32();
  private byte @Nullable [] room;
  private @Nullable Deflater deflater;
  private int crc;
  private int length;
  private boolean isClosed;
  private @Nullable SegmentKey passage;
  private final ByteArrayOutputStream passageBytes = new ByteArrayOutputStream();
  private int passageCrc;
  private int passageLength;

  /** A page at its beginning. */
  public GzipPage(OutputStream body, SegmentCache cache) throws IOException {
    this.body = new BufferedOutputStream(body, CHUNK_BYTES);
    this.cache = cache;
    cache.dropIdle();
    this.body.write(HEAD);
  }

  @Override
  public void write(int singleByte) throws IOException {
    write(new byte[] {(byte) singleByte}, 0, 1);
  }

  /** Writes a piece; what is too long for one becomes several. */
  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    int end = offset + count;
    for (int at = offset; at < end; at += SegmentKey.MOST_BYTES) {
      writePiece(bytes, at, Math.min(SegmentKey.MOST_BYTES, end - at));
    }
  }

  private void writePiece(byte[] bytes, int offset, int count) throws IOException {
    boolean isPiece = passage == null && cache.keepsAny();
    Segment segment = isPiece ? kept(bytes, offset, count) : deflated(bytes, offset, count);
    write(segment);
    if (passage != null) {
      keepForPassage(segment);
    }
  }

  private void write(Segment segment) throws IOException {
    body.write(segment.deflated());
    crc = CrcShift.combined(crc, segment.crc(), segment.length());
    // Gzip counts modulo 2^32.
    length += segment.length();
  }

  @Override
  public int leastPassage() {
    return cache.keepsAny() ? LEAST_PASSAGE_SERIES : Integer.MAX_VALUE;
  }

  @Override
  public boolean repeat(byte[] identity, int identityLength) throws IOException {
    if (identityLength > SegmentKey.MOST_BYTES) {
      return false;
    }
    SegmentKey key = SegmentKey.ofIdentity(identity, identityLength);
    Optional<Segment> known = cache.find(key);
    if (known.isPresent()) {
      write(known.get());
      return true;
    }
    passage = key;
    passageBytes.reset();
    passageCrc = 0;
    passageLength = 0;
    return false;
  }

  private void keepForPassage(Segment segment) {
    if (passageBytes.size() + segment.deflated().length > MOST_PASSAGE_BYTES) {
      passage = null;
      return;
    }
    passageBytes.writeBytes(segment.deflated());
    passageCrc = CrcShift.combined(passageCrc, segment.crc(), segment.length());
    passageLength += segment.length();
  }

  @Override
  public void endPassage(boolean isKept) {
    SegmentKey key = passage;
    passage = null;
    if (key != null && isKept) {
      cache.put(key, new Segment(passageBytes.toByteArray(), passageCrc, passageLength));
    }
  }

  private Segment kept(byte[] bytes, int offset, int count) {
    SegmentKey key = SegmentKey.of(bytes, offset, count);
    Optional<Segment> known = cache.find(key);
    if (known.isPresent()) {
      return known.get();
    }
    Segment made = deflated(bytes, offset, count);
    cache.put(key, made);
    return made;
  }

  private Segment deflated(byte[] bytes, int offset, int count) {
    Deflater used = deflater;
    byte[] out = room;
    if (used == null || out == null) {
      used = new Deflater(LEVEL, true);
      out = new byte[SegmentKey.MOST_BYTES + MOST_ADDED];
      deflater = used;
      room = out;
    }
    used.reset();
    used.setInput(bytes, offset, count);
    int made = used.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    checksum.reset();
    checksum.update(bytes, offset, count);
    return new Segment(Arrays.copyOf(out, made), (int) checksum.getValue(), count);
  }

  @Override
  public void flush() throws IOException {
    body.flush();
  }

  @Override
  public void close() throws IOException {
    if (isClosed) {
      return;
    }
    isClosed = true;
    if (deflater != null) {
      deflater.close();
    }
    body.write(LAST_BLOCK);
    writeLittleEndian(crc);
    writeLittleEndian(length);
    body.close();
  }

  private void writeLittleEndian(int number) throws IOException {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      body.write(number >>> shift);
    }
  }
}
