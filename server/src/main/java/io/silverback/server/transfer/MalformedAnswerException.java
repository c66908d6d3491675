package io.silverback.server.transfer;

import java.io.IOException;

/** Says what is wrong with the groups that a server told. */
final class MalformedAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  MalformedAnswerException(String message) {
    super(message);
  }
}
