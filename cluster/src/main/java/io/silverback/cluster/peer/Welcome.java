package io.silverback.cluster.peer;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Who answers a {@link Hello}. Layout: {@code docs/formats/peer-frames.md}.
 *
 * @param version that of the hello
 * @param nonce drawn for this connection
 */
record Welcome(int version, String nodeId, long incarnation, byte[] nonce) {

  /** All but the proof. */
  byte[] encode() {
    ByteBuffer body = Greeting.newBody();
    body.putLong(incarnation).put(nonce);
    Greeting.putText(body, nodeId);
    return Greeting.proven(version, body);
  }

  /**
   * The welcome that the bytes are.
   *
   * @throws RefusedException if they are not valid
   */
  static Welcome decode(Greeting.Read greeting) {
    ByteBuffer body = greeting.body();
    try {
      long incarnation = body.getLong();
      byte[] nonce = Greeting.nonce(body);
      var welcome = new Welcome(greeting.version(), Greeting.text(body), incarnation, nonce);
      if (body.hasRemaining()) {
        throw new RefusedException(Refusal.MALFORMED, "bytes after the welcome");
      }
      return welcome;
    } catch (BufferUnderflowException _) {
      throw new RefusedException(Refusal.MALFORMED, "the welcome is cut off");
    }
  }
}
