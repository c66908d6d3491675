package io.silverback.cluster.peer;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * Packs messages into sealed frames: small ones together, large ones in parts. Its buffers grow to
 * what the messages need, and at most to a frame. Not thread-safe. Layout: {@code
 * docs/formats/peer-frames.md}.
 */
final class MessageWriter {
  static final int PREFIX_LENGTH = Integer.BYTES;

  private static final int FIRST_ROOM = 1_024;

  private final OutputStream out;
  private final FrameSeal seal;
  private byte[] plain = new byte[FIRST_ROOM];
  private byte[] sealed = new byte[FIRST_ROOM];
  private int length;

  MessageWriter(OutputStream out, SecretKey key) {
    this.out = out;
    this.seal = FrameSeal.sealing(key);
  }

  /** Adds a message; writes the frames that it fills. */
  void add(byte[] message) throws IOException {
    if (FrameSeal.MOST_PLAIN - length < PREFIX_LENGTH) {
      flush();
    }
    room(PREFIX_LENGTH);
    ByteBuffer.wrap(plain).putInt(length, message.length);
    length += PREFIX_LENGTH;
    int done = 0;
    while (done < message.length) {
      if (length == FrameSeal.MOST_PLAIN) {
        flush();
      }
      int part = Math.min(message.length - done, FrameSeal.MOST_PLAIN - length);
      room(part);
      System.arraycopy(message, done, plain, length, part);
      length += part;
      done += part;
    }
  }

  /** Writes what was added since, or an empty frame. */
  void flush() throws IOException {
    int sealedLength = length + FrameSeal.TAG_LENGTH;
    int frameLength = FrameSeal.HEAD_LENGTH + sealedLength;
    if (sealed.length < frameLength) {
      sealed = new byte[Math.max(frameLength, Math.min(2 * sealed.length, mostRoom()))];
    }
    ByteBuffer.wrap(sealed).putInt(0, sealedLength);
    seal.next(sealed, plain, 0, length, sealed, FrameSeal.HEAD_LENGTH);
    length = 0;
    out.write(sealed, 0, frameLength);
    out.flush();
  }

  private void room(int more) {
    int wanted = length + more;
    if (plain.length < wanted) {
      int grown = Math.max(wanted, Math.min(2 * plain.length, FrameSeal.MOST_PLAIN));
      plain = Arrays.copyOf(plain, grown);
    }
  }

  private static int mostRoom() {
    return FrameSeal.HEAD_LENGTH + FrameSeal.MOST_SEALED;
  }
}
