package io.silverback.server;

import io.silverback.cluster.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What one server of a cluster asks another about the groups that it shows. Layout: {@code
 * docs/formats/server-questions.md}.
 */
sealed interface ServerQuestion {
  int FORMAT = 1;

  /** How many groups there are. */
  record Count() implements ServerQuestion {}

  /**
   * The keys of groups, in their order.
   *
   * @param after the key before the first of them, empty for the beginning
   * @param most bytes of keys, about; one key is told in any case
   */
  record Names(byte[] after, int most) implements ServerQuestion {}

  /**
   * The states of groups.
   *
   * @param most bytes of states; one state is told in any case, and what has no room any more is to
   *     be asked for again
   */
  record States(List<byte[]> keys, int most) implements ServerQuestion {}

  default byte[] encode() {
    return switch (this) {
      case Count() -> ServerBytes.join(head(1), List.of());
      case Names(var after, int most) -> ServerBytes.join(head(2, most), List.of(after));
      case States(var keys, int most) -> ServerBytes.join(head(3, most), keys);
    };
  }

  /**
   * The question that the bytes are.
   *
   * @throws MalformedMessageException if they are none
   */
  static ServerQuestion decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    ServerBytes.require(
        in.remaining() >= 2 && in.get() == FORMAT, "not a question of this version");
    int kind = in.get();
    return switch (kind) {
      case 1 -> {
        ServerBytes.require(ServerBytes.list(in).isEmpty(), "a count has no keys");
        yield new Count();
      }
      case 2 -> {
        int most = ServerBytes.number(in);
        List<byte[]> after = ServerBytes.list(in);
        ServerBytes.require(after.size() == 1, "names come after one key");
        yield new Names(after.getFirst(), most);
      }
      case 3 -> {
        int most = ServerBytes.number(in);
        yield new States(ServerBytes.list(in), most);
      }
      default -> throw new MalformedMessageException("no such question: kind=" + kind);
    };
  }

  private static byte[] head(int kind) {
    return new byte[] {FORMAT, (byte) kind};
  }

  private static byte[] head(int kind, int most) {
    return ByteBuffer.allocate(6).put(head(kind)).putInt(most).array();
  }
}
