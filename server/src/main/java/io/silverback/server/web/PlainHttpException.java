package io.silverback.server.web;

import javax.net.ssl.SSLException;

/** A client that sends HTTP where TLS is spoken. */
final class PlainHttpException extends SSLException {
  private static final long serialVersionUID = 1L;

  PlainHttpException() {
    super("client sent an HTTP request to an HTTPS server");
  }
}
