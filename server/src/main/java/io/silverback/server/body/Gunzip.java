package io.silverback.server.body;

import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Inflates a gzip body (RFC 1952) of one or several members.
 *
 * <p>The JDK's stream takes whatever follows a member and is no gzip header for the end of the
 * body, so that a body cut off in the header of a later member would be stored in part; here that
 * is an error. Reasons are in the words of upstream's reader.
 */
final class Gunzip implements Unpacker {
  private static final int HEADER_CHECKSUM_FLAG = 0x02;
  private static final int EXTRA_FLAG = 0x04;
  private static final int NAME_FLAG = 0x08;
  private static final int COMMENT_FLAG = 0x10;
  private static final int FIXED_HEADER_LENGTH = 10;
  private static final int TRAILER_LENGTH = 8;

  private final byte[] packed;
  private final int end;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 checksum = new CRC32();
  private int at;
  private boolean isInMember;

  /** Undoes the first {@code length} bytes. */
  Gunzip(byte[] packed, int length) {
    this.packed = packed;
    this.end = length;
  }

  @Override
  public boolean fill(BodyBuffer into) throws UnreadableBodyException {
    if (end == 0) {
      throw new UnreadableBodyException("EOF");
    }
    while (isInMember || at < end) {
      if (!isInMember) {
        enterMember();
      }
      if (into.room() == 0) {
        return false;
      }
      inflate(into);
    }
    return true;
  }

  private void enterMember() throws UnreadableBodyException {
    skipHeader();
    inflater.reset();
    inflater.setInput(packed, at, end - at);
    checksum.reset();
    isInMember = true;
  }

  private void skipHeader() throws UnreadableBodyException {
    if (end - at < FIXED_HEADER_LENGTH) {
      boolean starts = packed[at] == 0x1f && (end - at < 2 || (packed[at + 1] & 0xff) == 0x8b);
      throw starts ? unexpectedEnd() : invalidHeader();
    }
    if ((packed[at] & 0xff) != 0x1f || (packed[at + 1] & 0xff) != 0x8b || packed[at + 2] != 8) {
      throw invalidHeader();
    }
    int flags = packed[at + 3];
    skip(FIXED_HEADER_LENGTH);
    if ((flags & EXTRA_FLAG) != 0) {
      skip(2);
      skip((packed[at - 2] & 0xff) | (packed[at - 1] & 0xff) << 8);
    }
    if ((flags & NAME_FLAG) != 0) {
      skipText();
    }
    if ((flags & COMMENT_FLAG) != 0) {
      skipText();
    }
    if ((flags & HEADER_CHECKSUM_FLAG) != 0) {
      skip(2);
    }
  }

  private void skipText() throws UnreadableBodyException {
    do {
      skip(1);
    } while (packed[at - 1] != 0);
  }

  private void skip(int count) throws UnreadableBodyException {
    if (end - at < count) {
      throw unexpectedEnd();
    }
    at += count;
  }

  private void inflate(BodyBuffer into) throws UnreadableBodyException {
    int from = into.length();
    int count;
    try {
      count = inflater.inflate(into.bytes(), from, into.room());
    } catch (DataFormatException e) {
      throw new UnreadableBodyException(
          "flate: corrupt input before offset " + inflater.getBytesRead());
    }
    checksum.update(into.bytes(), from, count);
    into.wrote(count);
    if (inflater.finished()) {
      leaveMember();
    } else if (count == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
      throw unexpectedEnd();
    }
  }

  private void leaveMember() throws UnreadableBodyException {
    at += (int) inflater.getBytesRead();
    skip(TRAILER_LENGTH);
    if (littleEndian(at - 8) != checksum.getValue()
        || littleEndian(at - 4) != (inflater.getBytesWritten() & 0xffffffffL)) {
      throw new UnreadableBodyException("gzip: invalid checksum");
    }
    isInMember = false;
  }

  private static UnreadableBodyException invalidHeader() {
    return new UnreadableBodyException("gzip: invalid header");
  }

  private static UnreadableBodyException unexpectedEnd() {
    return new UnreadableBodyException("unexpected EOF");
  }

  private long littleEndian(int offset) {
    return (packed[offset] & 0xffL)
        | (packed[offset + 1] & 0xffL) << 8
        | (packed[offset + 2] & 0xffL) << 16
        | (packed[offset + 3] & 0xffL) << 24;
  }

  @Override
  public void close() {
    inflater.end();
  }
}
