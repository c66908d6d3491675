package io.silverback.server.wire;

import io.silverback.server.wire.Pieces.Framing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A request of random {@link Pieces}, most of which are usual ones.
 *
 * @param job replaces {@link WireRequest#JOB}
 */
public record RandomRequest(String job, List<Piece> head, Piece body) {
  /** One piece in that many is odd: then most requests have none or one, and some have two. */
  private static final int ODD_IN = 10;

  /**
   * A request that the random numbers choose.
   *
   * @param job of this request alone, without blanks
   */
  public static RandomRequest next(Random random, String job) {
    var head = new ArrayList<Piece>();
    head.add(seldom(random) ? any(random, Pieces.EMPTY_LINES) : Piece.NONE);
    head.add(any(random, seldom(random) ? Pieces.ODD_METHODS : Pieces.METHODS));
    head.add(Piece.usual(" "));
    head.add(any(random, seldom(random) ? Pieces.ODD_TARGETS : Pieces.TARGETS));
    head.add(Piece.usual(" "));
    Piece version = seldom(random) ? any(random, Pieces.ODD_VERSIONS) : Pieces.VERSION;
    boolean isOld = version.bytes().equals("HTTP/1.0");
    head.add(version);
    head.add(Piece.usual(random.nextInt(6) == 0 ? "\n" : "\r\n"));
    Framing framing = framing(random, isOld);
    head.add(seldom(random) ? any(random, Pieces.ODD_HOSTS) : Pieces.HOST);
    head.add(seldom(random) ? connection(random, isOld) : Piece.NONE);
    head.add(seldom(random) ? any(random, Pieces.EXPECTATIONS) : Piece.NONE);
    head.add(seldom(random) ? any(random, Pieces.FIELDS) : Piece.NONE);
    head.add(framing.head());
    head.add(seldom(random) ? any(random, Pieces.ODD_FIELDS) : Piece.NONE);
    head.add(Piece.usual(random.nextInt(6) == 0 ? "\n" : "\r\n"));
    return new RandomRequest(job, List.copyOf(head), framing.body());
  }

  private static Framing framing(Random random, boolean isOld) {
    return switch (random.nextInt(8)) {
      case 0, 1 -> Pieces.NO_BODY;
      case 2, 3 -> any(random, Pieces.LENGTHS);
      case 4 -> any(random, Pieces.BAD_LENGTHS);
      case 5 -> any(random, isOld ? Pieces.OLD_CHUNKS : Pieces.BAD_CHUNKS);
      default -> any(random, isOld ? Pieces.OLD_CHUNKS : Pieces.CHUNKS);
    };
  }

  private static Piece connection(Random random, boolean isOld) {
    if (random.nextBoolean()) {
      return isOld ? Pieces.OLD_KEEP_ALIVE : Pieces.KEEP_ALIVE;
    }
    return any(random, Pieces.CONNECTIONS);
  }

  private static boolean seldom(Random random) {
    return random.nextInt(ODD_IN) == 0;
  }

  private static <T> T any(Random random, List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** The bytes for the server under test. */
  public byte[] bytes() {
    return joined(Piece::bytes);
  }

  /** The bytes by which a Pushgateway shows what is right to do with {@link #bytes()}. */
  public byte[] asIf() {
    return joined(Piece::asIf);
  }

  public String method() {
    return head.get(1).bytes();
  }

  /** True if it may be refused for several reasons, so that one server may name one of them. */
  public boolean hasSeveralFaults() {
    return head.stream().filter(Piece::isOdd).count() > 1;
  }

  /**
   * The same request that breaks off within a line of its body; itself if it has no body, or if the
   * servers do not get the same bytes.
   */
  public RandomRequest cut() {
    int end = body.bytes().lastIndexOf('b') + 1;
    return end == 0 || !body.isTheSame()
        ? this
        : new RandomRequest(job, head, Piece.odd(body.bytes().substring(0, end)));
  }

  private byte[] joined(Function<Piece, String> side) {
    return (head.stream().map(side).collect(Collectors.joining()) + side.apply(body))
        .replace(WireRequest.JOB, job)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return new String(bytes(), StandardCharsets.ISO_8859_1)
        .replace("\r", "\\r")
        .replace("\n", "\\n\n");
  }
}
