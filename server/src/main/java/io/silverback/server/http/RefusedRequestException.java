package io.silverback.server.http;

import java.io.IOException;

/**
 * A request that cannot be read on: nobody knows where the next one would begin, so the connection
 * ends with the answer. Has no stack trace.
 */
public final class RefusedRequestException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;

  RefusedRequestException(int status, String reason) {
    super(reason);
    this.status = status;
  }

  /** The status of the answer. */
  public int status() {
    return status;
  }

  /** For the client. */
  public String reason() {
    return String.valueOf(getMessage());
  }

  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
