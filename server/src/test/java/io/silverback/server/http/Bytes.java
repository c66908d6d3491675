package io.silverback.server.http;

import java.nio.charset.StandardCharsets;

/** What a client sends, in pieces. */
final class Bytes {
  private Bytes() {}

  /** These bytes, each character one, of which a read brings at most that many. */
  static WireInput wire(String sent, int piece) {
    byte[] all = sent.getBytes(StandardCharsets.ISO_8859_1);
    int[] position = {0};
    return new WireInput(
        (bytes, offset, length) -> {
          int count = Math.min(Math.min(piece, length), all.length - position[0]);
          if (count == 0) {
            return -1;
          }
          System.arraycopy(all, position[0], bytes, offset, count);
          position[0] += count;
          return count;
        });
  }
}
