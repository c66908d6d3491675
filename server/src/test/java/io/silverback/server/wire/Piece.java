package io.silverback.server.wire;

/**
 * A part of a request as the server under test gets it.
 *
 * @param asIf the part that a Pushgateway gets in its place: the server has to treat the one as the
 *     Pushgateway treats the other
 * @param difference why the two are not the same bytes; empty where they are
 * @param isOdd true if it may be a reason to refuse the request
 */
record Piece(String bytes, String asIf, String difference, boolean isOdd) {
  static final Piece NONE = usual("");

  static Piece usual(String bytes) {
    return new Piece(bytes, bytes, "", false);
  }

  static Piece odd(String bytes) {
    return new Piece(bytes, bytes, "", true);
  }

  static Piece unlike(String bytes, String asIf, String difference) {
    return new Piece(bytes, asIf, difference, true);
  }

  boolean isTheSame() {
    return bytes.equals(asIf);
  }
}
