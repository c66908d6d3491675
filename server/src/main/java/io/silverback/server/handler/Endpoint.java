package io.silverback.server.handler;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.json.BadParameterException;
import java.io.IOException;
import java.util.List;

/** Answers the requests of one route. Called by many threads at once. */
@FunctionalInterface
interface Endpoint {
  /**
   * Sends exactly one answer.
   *
   * @param parameters the values of the names in the route's path, in their order
   * @throws IOException if the client went away
   * @throws BadParameterException before the answer began, which is then a 400 with its message
   */
  void answer(ServerRequest request, ServerResponse response, List<String> parameters)
      throws IOException;
}
