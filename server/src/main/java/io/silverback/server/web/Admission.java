package io.silverback.server.web;

import java.util.Map;

/** Whether a request may go on to its handler. */
public sealed interface Admission {

  /** Set on the response, in this order. */
  Map<String, String> headers();

  /**
   * It may; the headers are for whatever the handler answers.
   *
   * @param user whose password was right; empty if there was none to check
   */
  record Admitted(Map<String, String> headers, String user) implements Admission {}

  /** It may not, and this is the whole answer. */
  record Refused(int status, Map<String, String> headers, String body) implements Admission {}
}
