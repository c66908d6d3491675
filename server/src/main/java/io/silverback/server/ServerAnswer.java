package io.silverback.server;

import io.silverback.cluster.MalformedMessageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The answer to a {@link ServerQuestion}. Layout: {@code docs/formats/server-questions.md}. */
sealed interface ServerAnswer {

  /** The server may not speak for any group now. */
  record Withheld(String reason) implements ServerAnswer {}

  /**
   * What there is in the slots that the server shows.
   *
   * @param slots that it shows: those of all servers are all slots, or groups are missing
   */
  record Counted(int slots, int groups) implements ServerAnswer {}

  /**
   * A page of keys.
   *
   * @param slots as in {@link Counted}
   * @param isLast true if no key follows
   */
  record Named(int slots, boolean isLast, List<byte[]> keys) implements ServerAnswer {}

  /** The states of the first of the keys, an empty one for a group that is gone. */
  record Told(List<byte[]> states) implements ServerAnswer {}

  default byte[] encode() {
    return switch (this) {
      case Withheld(var reason) ->
          ServerBytes.join(head(0, 0, 0), List.of(reason.getBytes(StandardCharsets.UTF_8)));
      case Counted(int slots, int groups) -> ServerBytes.join(head(1, slots, groups), List.of());
      case Named(int slots, boolean isLast, var keys) ->
          ServerBytes.join(head(2, slots, isLast ? 1 : 0), keys);
      case Told(var states) -> ServerBytes.join(head(3, 0, 0), states);
    };
  }

  /**
   * The answer that the bytes are.
   *
   * @throws MalformedMessageException if they are none
   */
  static ServerAnswer decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    ServerBytes.require(
        in.remaining() >= 2 && in.get() == ServerQuestion.FORMAT, "not an answer of this version");
    int kind = in.get();
    int first = ServerBytes.number(in);
    int second = ServerBytes.number(in);
    List<byte[]> parts = ServerBytes.list(in);
    return switch (kind) {
      case 0 -> {
        ServerBytes.require(parts.size() == 1, "one reason is enough");
        yield new Withheld(new String(parts.getFirst(), StandardCharsets.UTF_8));
      }
      case 1 -> new Counted(first, second);
      case 2 -> new Named(first, second == 1, parts);
      case 3 -> new Told(parts);
      default -> throw new MalformedMessageException("no such answer: kind=" + kind);
    };
  }

  private static byte[] head(int kind, int first, int second) {
    return ByteBuffer.allocate(2 + 2 * Integer.BYTES)
        .put((byte) ServerQuestion.FORMAT)
        .put((byte) kind)
        .putInt(first)
        .putInt(second)
        .array();
  }
}
