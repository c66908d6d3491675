package io.silverback.server.member;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
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
      case Withheld(var reason) -> start(0, 0, 0).list(List.of(reason), ByteOutput::text).finish();
      case Counted(int slots, int groups) -> start(1, slots, groups).list(List.of()).finish();
      case Named(int slots, boolean isLast, var keys) ->
          start(2, slots, isLast ? 1 : 0).list(keys).finish();
      case Told(var states) -> start(3, 0, 0).list(states).finish();
    };
  }

  /**
   * The answer that the bytes are.
   *
   * @throws MalformedBytesException if they are not valid
   */
  static ServerAnswer decode(byte[] bytes) {
    var in = new ByteInput(bytes);
    if (in.u8() != ServerQuestion.FORMAT) {
      throw in.fault("not an answer of this version");
    }
    int kind = in.u8();
    int first = in.size();
    int second = in.size();
    List<byte[]> strings = in.list(ByteInput::bytes);
    in.end();
    return switch (kind) {
      case 0 -> {
        ServerQuestion.expect(1, strings, in);
        yield new Withheld(new String(strings.getFirst(), StandardCharsets.UTF_8));
      }
      case 1 -> new Counted(first, second);
      case 2 -> new Named(first, second == 1, strings);
      case 3 -> new Told(strings);
      default -> throw in.fault("unknown kind of answer " + kind);
    };
  }

  private static ByteOutput start(int kind, int first, int second) {
    return new ByteOutput().u8(ServerQuestion.FORMAT).u8(kind).u32(first).u32(second);
  }
}
