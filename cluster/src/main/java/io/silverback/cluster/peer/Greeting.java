package io.silverback.cluster.peer;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The frame of what both sides say before they share keys: a head that is the same in every version
 * of the protocol, a body and a proof. Layout: {@code docs/formats/peer-frames.md}.
 */
final class Greeting {
  static final int NONCE_LENGTH = 32;

  private static final int MAGIC = 0x53_42_50_46;
  private static final int MAGIC_OFFSET = 0;
  private static final int VERSION_OFFSET = MAGIC_OFFSET + Integer.BYTES;
  private static final int LENGTH_OFFSET = VERSION_OFFSET + Short.BYTES;
  private static final int HEAD_LENGTH = LENGTH_OFFSET + Short.BYTES;
  private static final int MOST_LENGTH = 2_048;
  private static final int MOST_TEXT = 512;

  private Greeting() {}

  /** What was read: all before the proof, and the proof. */
  record Read(byte[] proven, byte[] proof) {
    int version() {
      return ByteBuffer.wrap(proven).getShort(VERSION_OFFSET) & 0xffff;
    }

    ByteBuffer body() {
      return ByteBuffer.wrap(proven, HEAD_LENGTH, proven.length - HEAD_LENGTH).slice();
    }

    byte[] whole() {
      return Keys.concat(proven, proof);
    }
  }

  /** All before the proof: the head and a body, which the buffer holds up to its position. */
  static byte[] proven(int version, ByteBuffer body) {
    byte[] written = new byte[body.position()];
    body.get(0, written);
    return Keys.concat(head(version, written.length), written);
  }

  /** What tells a peer whose version this node does not speak the newest one that it does. */
  static byte[] otherVersion(Versions ours) {
    return Keys.concat(head(ours.newest(), 0), new byte[Keys.PROOF_LENGTH]);
  }

  /**
   * Reads a greeting whole, whatever its version.
   *
   * @throws RefusedException if it is not valid
   * @throws IOException if the connection ends or fails
   */
  static Read read(InputStream from) throws IOException {
    var in = new DataInputStream(from);
    byte[] head = new byte[HEAD_LENGTH];
    in.readFully(head);
    ByteBuffer fields = ByteBuffer.wrap(head);
    int length = fields.getShort(LENGTH_OFFSET) & 0xffff;
    if (fields.getInt(MAGIC_OFFSET) != MAGIC
        || length < Keys.PROOF_LENGTH
        || length > MOST_LENGTH) {
      throw new RefusedException(Refusal.MALFORMED, "not a peer's greeting");
    }
    byte[] rest = in.readNBytes(length);
    if (rest.length < length) {
      throw new EOFException("cut off: length=" + rest.length);
    }
    int bodyLength = length - Keys.PROOF_LENGTH;
    return new Read(
        Keys.concat(head, Arrays.copyOf(rest, bodyLength)),
        Arrays.copyOfRange(rest, bodyLength, length));
  }

  /** Room for the longest body. */
  static ByteBuffer newBody() {
    return ByteBuffer.allocate(MOST_LENGTH - Keys.PROOF_LENGTH);
  }

  static void putText(ByteBuffer to, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MOST_TEXT) {
      throw new IllegalArgumentException(
          "a name or an address of a node must not be longer than "
              + MOST_TEXT
              + " bytes: length="
              + bytes.length);
    }
    to.putShort((short) bytes.length).put(bytes);
  }

  static String text(ByteBuffer from) {
    int length = from.getShort() & 0xffff;
    if (length > from.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    from.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static byte[] nonce(ByteBuffer from) {
    byte[] nonce = new byte[NONCE_LENGTH];
    from.get(nonce);
    return nonce;
  }

  private static byte[] head(int version, int bodyLength) {
    byte[] head = new byte[HEAD_LENGTH];
    ByteBuffer.wrap(head)
        .putInt(MAGIC)
        .putShort((short) version)
        .putShort((short) (bodyLength + Keys.PROOF_LENGTH));
    return head;
  }
}
