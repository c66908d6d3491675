package io.silverback.server.group.select;

/** Says where and why a text that a client sent is not a series selector. The message is for it. */
public final class MalformedSelectorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedSelectorException(String reason) {
    super(reason, null, false, false);
  }
}
