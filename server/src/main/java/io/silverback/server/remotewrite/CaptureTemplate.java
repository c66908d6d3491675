package io.silverback.server.remotewrite;

import io.silverback.server.group.select.AnchoredRegex;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A text with places for what a regular expression captured, as Go's {@code Regexp.Expand} reads
 * it: {@code $1}, {@code ${1}}, {@code $name} or {@code ${name}}, and {@code $$} for a dollar sign.
 * A name without braces is as long as it can be; what the expression does not capture is empty; a
 * dollar sign without a name is one. Immutable and thread-safe.
 */
final class CaptureTemplate {
  private static final int MAX_DIGITS = 4;

  private final List<Piece> pieces;

  private sealed interface Piece {
    record Literal(String text) implements Piece {}

    record Capture(int group) implements Piece {}
  }

  private CaptureTemplate(List<Piece> pieces) {
    this.pieces = List.copyOf(pieces);
  }

  static CaptureTemplate parse(String text, AnchoredRegex regex) {
    var pieces = new ArrayList<Piece>();
    int at = 0;
    while (at < text.length()) {
      int dollar = text.indexOf('$', at);
      if (dollar < 0) {
        dollar = text.length();
      }
      if (dollar > at) {
        pieces.add(new Piece.Literal(text.substring(at, dollar)));
        at = dollar;
        continue;
      }
      boolean hasBrace = text.startsWith("${", at);
      int from = at + (hasBrace ? 2 : 1);
      int to = from;
      while (to < text.length() && isOfName(text.charAt(to))) {
        to++;
      }
      boolean isReference = to > from && (!hasBrace || text.startsWith("}", to));
      if (isReference) {
        group(text.substring(from, to), regex)
            .ifPresent(group -> pieces.add(new Piece.Capture(group)));
        at = to + (hasBrace ? 1 : 0);
      } else {
        pieces.add(new Piece.Literal("$"));
        at += text.startsWith("$$", at) ? 2 : 1;
      }
    }
    return new CaptureTemplate(pieces);
  }

  private static boolean isOfName(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private static OptionalInt group(String name, AnchoredRegex regex) {
    if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return name.length() <= MAX_DIGITS && Integer.parseInt(name) <= regex.groupCount()
          ? OptionalInt.of(Integer.parseInt(name))
          : OptionalInt.empty();
    }
    return regex.groupNamed(name);
  }

  /** True if the text is the same whatever was captured. */
  boolean isConstant() {
    return pieces.stream().allMatch(piece -> piece instanceof Piece.Literal);
  }

  /** The text with what was captured, the whole match first. */
  String expand(List<String> captures) {
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
