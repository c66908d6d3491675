package io.silverback.server.group.rules;

import io.silverback.server.group.select.AnchoredRegex;
import io.silverback.server.group.select.CapturedText;
import io.silverback.server.group.select.CapturedText.Piece;
import java.util.ArrayList;
import java.util.List;

/**
 * A text with places for what a regular expression captured: {@code $1}, {@code ${1}} or {@code
 * ${name}}, and {@code $$} for a dollar sign. Immutable and thread-safe.
 */
final class RewriteTemplate {
  private static final int MAX_LENGTH = 1024;
  private static final int MAX_DIGITS = 3;

  private final String text;
  private final CapturedText captured;

  private RewriteTemplate(String text, CapturedText captured) {
    this.text = text;
    this.captured = captured;
  }

  /**
   * The template that the text says.
   *
   * @throws IllegalArgumentException if it is too long, a dollar sign stands alone, or the
   *     expression captures nothing of that number or name; the message is for its author
   */
  static RewriteTemplate parse(String text, AnchoredRegex regex) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("template is longer than " + MAX_LENGTH + " characters");
    }
    var pieces = new ArrayList<Piece>();
    int at = 0;
    while (at < text.length()) {
      int dollar = text.indexOf('$', at);
      if (dollar != at) {
        int end = dollar < 0 ? text.length() : dollar;
        pieces.add(new Piece.Literal(text.substring(at, end)));
        at = end;
      } else if (text.startsWith("$$", at)) {
        pieces.add(new Piece.Literal("$"));
        at += 2;
      } else {
        String reference = referenceAt(text, at);
        String name = reference.replaceAll("[${}]", "");
        pieces.add(new Piece.Capture(group(name, reference, regex)));
        at += reference.length();
      }
    }
    return new RewriteTemplate(text, new CapturedText(pieces));
  }

  /** The dollar sign there, and what belongs to it. */
  private static String referenceAt(String text, int at) {
    if (text.startsWith("${", at)) {
      int end = text.indexOf('}', at);
      if (end > at + 2) {
        return text.substring(at, end + 1);
      }
    }
    int end = at + 1;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    if (end == at + 1) {
      throw new IllegalArgumentException("write $1, ${1}, ${name}, or $$ for a dollar sign");
    }
    return text.substring(at, end);
  }

  private static int group(String name, String reference, AnchoredRegex regex) {
    if (name.chars().allMatch(c -> c >= '0' && c <= '9') && name.length() <= MAX_DIGITS) {
      int number = Integer.parseInt(name);
      if (number <= regex.groupCount()) {
        return number;
      }
    }
    return regex
        .groupNamed(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the regex captures no such group, it has %d: group=%s"
                        .formatted(regex.groupCount(), reference)));
  }

  /** The text with what was captured, the whole match first. */
  String expand(List<String> captures) {
    return captured.expand(captures);
  }

  @Override
  public String toString() {
    return text;
  }
}
