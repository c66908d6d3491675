package io.silverback.server.json;

/** Says which parameter of a query is wrong and why, to the client and in upstream's words. */
public final class BadParameterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BadParameterException(String message) {
    super(message, null, false, false);
  }

  public static BadParameterException of(String parameter, String reason) {
    // upstream: Prometheus' web/api/v1/api.go words it so.
    return new BadParameterException("invalid parameter \"" + parameter + "\": " + reason);
  }
}
