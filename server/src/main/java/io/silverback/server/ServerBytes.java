package io.silverback.server;

import io.silverback.cluster.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Lists of byte strings behind a head, big-endian: each behind its length, all behind a count. */
final class ServerBytes {
  private ServerBytes() {}

  static byte[] join(byte[] head, List<byte[]> parts) {
    int length = head.length + Integer.BYTES;
    for (byte[] part : parts) {
      length = Math.addExact(length, Integer.BYTES + part.length);
    }
    ByteBuffer out = ByteBuffer.allocate(length).put(head).putInt(parts.size());
    for (byte[] part : parts) {
      out.putInt(part.length).put(part);
    }
    return out.array();
  }

  /** The list with which the bytes end; takes memory in proportion to them, whatever they say. */
  static List<byte[]> list(ByteBuffer in) {
    int count = number(in);
    var parts = new ArrayList<byte[]>();
    for (int i = 0; i < count; i++) {
      int length = number(in);
      require(length <= in.remaining(), "cut off");
      byte[] part = new byte[length];
      in.get(part);
      parts.add(part);
    }
    require(!in.hasRemaining(), "bytes behind the end");
    return List.copyOf(parts);
  }

  static int number(ByteBuffer in) {
    require(in.remaining() >= Integer.BYTES, "cut off");
    int number = in.getInt();
    require(number >= 0, "negative");
    return number;
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new MalformedMessageException(otherwise);
    }
  }
}
