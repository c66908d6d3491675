package io.silverback.server.template;

import java.util.Arrays;
import java.util.Random;

/** Small changes of bodies. */
final class Edits {
  private Edits() {}

  /** The body with a byte changed, left out or put in, or with a stretch moved. */
  static byte[] edited(byte[] body, Random random) {
    int at = random.nextInt(body.length);
    return switch (random.nextInt(4)) {
      case 0 -> {
        byte[] other = body.clone();
        other[at] = (byte) (random.nextBoolean() ? other[at] ^ 1 << random.nextInt(8) : '\n');
        yield other;
      }
      case 1 -> concat(Arrays.copyOf(body, at), rest(body, at + 1));
      case 2 ->
          concat(
              Arrays.copyOf(body, at),
              concat(new byte[] {body[random.nextInt(body.length)]}, rest(body, at)));
      default -> {
        int other = random.nextInt(body.length);
        int from = Math.min(at, other);
        int to = Math.max(at, other);
        yield concat(
            Arrays.copyOf(body, from), concat(rest(body, to), Arrays.copyOfRange(body, from, to)));
      }
    };
  }

  private static byte[] rest(byte[] body, int from) {
    return Arrays.copyOfRange(body, from, body.length);
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
