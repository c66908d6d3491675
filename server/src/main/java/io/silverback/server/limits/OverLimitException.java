package io.silverback.server.limits;

/** A request is more than a limit of requests allows, now or ever. Has no stack trace. */
public final class OverLimitException extends Exception {
  private static final long serialVersionUID = 1L;

  private final RequestLimit limit;
  private final int status;

  private OverLimitException(RequestLimit limit, int status, String reason) {
    super(reason, null, false, false);
    this.limit = limit;
    this.status = status;
  }

  /** The request is too large whenever it comes. */
  public static OverLimitException tooLarge(RequestLimit limit, String reason) {
    return new OverLimitException(limit, 413, reason);
  }

  /** The request can be read, but asks for too much. */
  public static OverLimitException tooMuch(RequestLimit limit, String reason) {
    return new OverLimitException(limit, 422, reason);
  }

  /** The same request may succeed in a moment. */
  public static OverLimitException busy(RequestLimit limit, String reason) {
    return new OverLimitException(limit, 503, reason);
  }

  public RequestLimit limit() {
    return limit;
  }

  public int status() {
    return status;
  }

  /** For the client; names the flag. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
