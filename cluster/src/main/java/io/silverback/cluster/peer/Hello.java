package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Sender;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Who opens a connection, and what for. Layout: {@code docs/formats/peer-frames.md}.
 *
 * @param version of the protocol, in which the connection goes on
 * @param attempt grows with each connection that the process opens
 * @param nonce drawn for this connection
 */
record Hello(int version, Channel channel, long attempt, Sender from, byte[] nonce) {

  /** All but the proof. */
  byte[] encode() {
    ByteBuffer body = Greeting.newBody();
    body.put((byte) code(channel)).putLong(attempt).putLong(from.incarnation()).put(nonce);
    Greeting.putText(body, from.nodeId());
    Greeting.putText(body, from.address());
    return Greeting.proven(version, body);
  }

  /**
   * The hello that the bytes are.
   *
   * @throws RefusedException if they are not valid
   */
  static Hello decode(Greeting.Read greeting) {
    ByteBuffer body = greeting.body();
    try {
      Channel channel = channel(body.get());
      long attempt = body.getLong();
      long incarnation = body.getLong();
      byte[] nonce = Greeting.nonce(body);
      var from = new Sender(Greeting.text(body), incarnation, Greeting.text(body));
      if (body.hasRemaining()) {
        throw new RefusedException(Refusal.MALFORMED, "bytes after the hello");
      }
      return new Hello(greeting.version(), channel, attempt, from, nonce);
    } catch (BufferUnderflowException _) {
      throw new RefusedException(Refusal.MALFORMED, "the hello is cut off");
    }
  }

  private static int code(Channel channel) {
    return switch (channel) {
      case GOSSIP -> 1;
      case CONSENSUS -> 2;
      case CONTROL -> 3;
      case DATA -> 4;
    };
  }

  private static Channel channel(int code) {
    for (Channel channel : Channel.values()) {
      if (code(channel) == code) {
        return channel;
      }
    }
    throw new RefusedException(Refusal.MALFORMED, "no such channel: channel=" + code);
  }
}
