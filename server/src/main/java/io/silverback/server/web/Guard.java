package io.silverback.server.web;

import java.net.InetAddress;
import java.util.Map;

/** Decides which requests may go on to their handler. Thread-safe; may block. */
@FunctionalInterface
public interface Guard {
  /** Lets every request through and adds no headers. */
  Guard OPEN = (_, _) -> new Admission.Admitted(Map.of(), "");

  /**
   * Decides about one request.
   *
   * @param authorization the value of its {@code Authorization} header; empty if there is none
   * @param client the address at the other end of its connection
   */
  Admission admit(String authorization, InetAddress client);
}
