package io.silverback.server.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes inputs of others: some bytes changed, cut, repeated, or put in from elsewhere. */
final class Mutator {
  private static final int MOST_LENGTH = 8 * 1024;
  private static final int[] EDGES = {0, 1, 0x7f, 0x80, 0xff, '0', '9', '"', '\n'};

  private final Random random;
  private final List<byte[]> pieces;

  /** Makes what the random numbers choose. */
  Mutator(Random random, List<byte[]> pieces) {
    this.random = random;
    this.pieces = pieces;
  }

  byte[] mutated(byte[] seed) {
    byte[] bytes = seed;
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      bytes = changed(bytes);
    }
    return bytes;
  }

  private byte[] changed(byte[] bytes) {
    int from = random.nextInt(bytes.length + 1);
    int to = Math.min(bytes.length, from + 1 + random.nextInt(1 + bytes.length / 2));
    return switch (random.nextInt(6)) {
      case 0 -> with(bytes, from, (byte) random.nextInt());
      case 1 -> with(bytes, from, (byte) EDGES[random.nextInt(EDGES.length)]);
      case 2 -> joined(bytes, from, new byte[0], 1, to);
      case 3 -> joined(bytes, from, pieces.get(random.nextInt(pieces.size())), 1, from);
      case 4 -> joined(bytes, to, Arrays.copyOfRange(bytes, from, to), times(), to);
      default -> Arrays.copyOf(bytes, from);
    };
  }

  /** Often once, now and then very often. */
  private int times() {
    return random.nextInt(8) == 0 ? 1 + random.nextInt(1000) : 1;
  }

  private static byte[] with(byte[] bytes, int at, byte value) {
    byte[] changed = bytes.clone();
    if (at < changed.length) {
      changed[at] = value;
    }
    return changed;
  }

  /** The start up to {@code end}, what is put in, and the rest. */
  private static byte[] joined(byte[] bytes, int end, byte[] inner, int times, int rest) {
    var joined = new ByteArrayOutputStream();
    joined.write(bytes, 0, end);
    for (int i = 0; i < times && joined.size() < MOST_LENGTH; i++) {
      joined.writeBytes(inner);
    }
    joined.write(bytes, rest, bytes.length - rest);
    return joined.toByteArray();
  }
}
