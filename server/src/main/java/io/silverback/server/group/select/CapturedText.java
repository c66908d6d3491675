package io.silverback.server.group.select;

import java.util.List;

/**
 * A text with places for what a regular expression captured. How it is written is up to its reader.
 * Immutable and thread-safe.
 */
public record CapturedText(List<Piece> pieces) {
  public CapturedText {
    pieces = List.copyOf(pieces);
  }

  /** A part of the text. */
  public sealed interface Piece {
    /** As it is. */
    record Literal(String text) implements Piece {}

    /** What the group of that number captured, 0 for the whole match. */
    record Capture(int group) implements Piece {}
  }

  /** True if the text is the same whatever was captured. */
  public boolean isConstant() {
    return pieces.stream().allMatch(Piece.Literal.class::isInstance);
  }

  /**
   * The text with what was captured.
   *
   * @param captures as {@link AnchoredRegex#captures} gives them
   */
  public String expand(List<String> captures) {
    var expanded = new StringBuilder();
    for (Piece piece : pieces) {
      expanded.append(
          switch (piece) {
            case Piece.Literal(var literal) -> literal;
            case Piece.Capture(int group) -> captures.get(group);
          });
    }
    return expanded.toString();
  }
}
