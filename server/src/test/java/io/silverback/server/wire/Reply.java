package io.silverback.server.wire;

import io.silverback.server.RawHttp.Answer;
import java.util.Optional;

/**
 * What is right to answer a request with.
 *
 * @param text how the body of the answer starts, where that matters; empty for an answer without
 *     one
 */
record Reply(int status, Optional<String> text, After after) {

  /** What becomes of the connection after the answer. */
  enum After {
    GOES_ON,
    /** It ends, and the answer says so. */
    SAYS_CLOSE,
    /** It ends. The answer may have been on its way before the reason was known. */
    ENDS
  }

  Reply(int status, After after) {
    this(status, Optional.empty(), after);
  }

  Reply(int status, String text, After after) {
    this(status, Optional.of(text), after);
  }

  boolean goesOn() {
    return after == After.GOES_ON;
  }

  boolean allows(Answer answer) {
    return answer.status() == status
        && text.map(start -> startsWith(answer.text(), start)).orElse(true)
        && switch (after) {
          case GOES_ON -> !WireAnswers.saysClose(answer);
          case SAYS_CLOSE -> WireAnswers.saysClose(answer);
          case ENDS -> true;
        };
  }

  private static boolean startsWith(String text, String start) {
    return start.isEmpty() ? text.isEmpty() : text.startsWith(start);
  }
}
