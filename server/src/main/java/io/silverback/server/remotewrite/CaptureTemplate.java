package io.silverback.server.remotewrite;

import io.silverback.server.group.select.AnchoredRegex;
import io.silverback.server.group.select.CapturedText;
import io.silverback.server.group.select.CapturedText.Piece;
import java.util.ArrayList;
import java.util.OptionalInt;

/**
 * Reads a text with places for what a regular expression captured, as Go's {@code Regexp.Expand}
 * reads it: {@code $1}, {@code ${1}}, {@code $name} or {@code ${name}}, and {@code $$} for a dollar
 * sign. A name without braces is as long as it can be; what the expression does not capture is
 * empty; a dollar sign without a name is one.
 */
final class CaptureTemplate {
  private static final int MAX_DIGITS = 4;

  private CaptureTemplate() {}

  static CapturedText parse(String text, AnchoredRegex regex) {
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
    return new CapturedText(pieces);
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
}
