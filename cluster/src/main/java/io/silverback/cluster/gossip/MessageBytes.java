package io.silverback.cluster.gossip;

import io.scalecube.cluster.transport.api.Message;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;

/**
 * Messages of ScaleCube as bytes, in the serialized form of the JDK that its classes define. Only
 * those classes are read, and the few of the JDK that they are made of.
 */
final class MessageBytes {
  private static final ObjectInputFilter FILTER =
      ObjectInputFilter.Config.createFilter(
          "maxdepth=16;maxrefs=100000;maxarray=1000000;"
              + "io.scalecube.cluster.**;java.lang.*;java.util.*;!*");

  private MessageBytes() {}

  static byte[] of(Message message) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new ObjectOutputStream(bytes)) {
      message.writeExternal(out);
    } catch (IOException failure) {
      throw new IllegalStateException("a message cannot be written: message=" + message, failure);
    }
    return bytes.toByteArray();
  }

  /**
   * The message that the bytes are.
   *
   * @throws IOException if they are not valid
   */
  static Message read(byte[] bytes) throws IOException {
    var message = new Message();
    try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      in.setObjectInputFilter(FILTER);
      message.readExternal(in);
    } catch (ClassNotFoundException | RuntimeException malformed) {
      throw new IOException("not a message: error=" + malformed, malformed);
    }
    return message;
  }
}
