package io.silverback.server.handler;

import io.silverback.server.http.PathPattern;

/**
 * One line of the table of routes.
 *
 * @param name what the request counter calls it, empty for requests that are not counted
 */
record Route(String method, PathPattern path, String name, Endpoint endpoint) {
  Route(String method, String path, String name, Endpoint endpoint) {
    this(method, new PathPattern(path), name, endpoint);
  }

  /** True unless its method says that it only reads, so that no route needs to be marked. */
  boolean mayChange() {
    return !method.equals("GET") && !method.equals("OPTIONS");
  }
}
