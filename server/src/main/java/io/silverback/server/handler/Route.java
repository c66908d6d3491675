package io.silverback.server.handler;

import io.silverback.server.http.PathPattern;
import io.silverback.server.permission.Right;

/**
 * One line of the table of routes.
 *
 * @param right what a client must have, so that the endpoint is asked
 * @param name what the request counter calls it, empty for requests that are not counted
 */
record Route(String method, PathPattern path, Right right, String name, Endpoint endpoint) {
  Route(String method, String path, Right right, String name, Endpoint endpoint) {
    this(method, new PathPattern(path), right, name, endpoint);
  }

  /** True unless its method says that it only reads, so that no route needs to be marked. */
  boolean mayChange() {
    return !method.equals("GET") && !method.equals("OPTIONS");
  }
}
