package io.silverback.server.handler;

/** Says which parameter of a query is wrong and why, to the client and in upstream's words. */
final class BadParameterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BadParameterException(String message) {
    super(message, null, false, false);
  }

  static BadParameterException of(String parameter, String reason) {
    // upstream: Prometheus' web/api/v1/api.go words it so.
    return new BadParameterException("invalid parameter \"" + parameter + "\": " + reason);
  }
}
