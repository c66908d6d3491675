package io.silverback.server.wire;

import io.silverback.server.wire.WireClient.Pace;
import io.silverback.server.wire.WireClient.Then;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A way in which a network may bring bytes.
 *
 * @param place the offset at which they are split or cut off
 */
record Way(Manner manner, int place) {
  static final Way WHOLE = new Way(Manner.WHOLE, 0);

  private static final int MOST_SEGMENTS = 2000;
  private static final int MOST_BYTES = 4 << 20;

  enum Manner {
    WHOLE,
    /** In longer pieces where there are very many bytes. */
    BYTE_BY_BYTE,
    SPLIT,
    CUT
  }

  /**
   * Whole, byte by byte, and split and cut at that many places, spread over the bytes; at each one
   * if there are no more, and at fewer ones of very many bytes.
   */
  static List<Way> all(int length, int places) {
    var ways = new ArrayList<Way>();
    ways.add(WHOLE);
    ways.add(new Way(Manner.BYTE_BY_BYTE, 0));
    int most = Math.min(places, Math.min(length, MOST_BYTES / length));
    for (int i = 1; i <= most; i++) {
      int place = (int) ((long) i * length / most);
      ways.add(new Way(Manner.SPLIT, place));
      ways.add(new Way(Manner.CUT, place - 1));
    }
    return ways;
  }

  boolean isCut() {
    return manner == Manner.CUT;
  }

  List<byte[]> segments(byte[] bytes) {
    return switch (manner) {
      case WHOLE -> List.of(bytes);
      case BYTE_BY_BYTE -> pieces(bytes, 1 + bytes.length / MOST_SEGMENTS);
      case SPLIT ->
          List.of(Arrays.copyOf(bytes, place), Arrays.copyOfRange(bytes, place, bytes.length));
      case CUT -> List.of(Arrays.copyOf(bytes, place));
    };
  }

  Pace pace() {
    return manner == Manner.SPLIT ? Pace.SLOWLY : Pace.AT_ONCE;
  }

  Then then() {
    return isCut() ? Then.HALF_CLOSE : Then.WAIT;
  }

  private static List<byte[]> pieces(byte[] bytes, int length) {
    return IntStream.iterate(0, start -> start < bytes.length, start -> start + length)
        .mapToObj(start -> Arrays.copyOfRange(bytes, start, Math.min(start + length, bytes.length)))
        .toList();
  }
}
