package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.http.Exchange;
import io.silverback.server.http.PlainText;
import java.util.Optional;

/**
 * Keeps requests away from the groups while this server may not speak for them, or may not for
 * those that were sent before it could again. Thread-safe.
 */
@FunctionalInterface
public interface Fence {
  /** Of a server that nothing keeps from speaking. */
  Fence OPEN = _ -> Optional.empty();

  /** Why the request must not be carried out now, for the client; empty if it may be. */
  Optional<String> refusal(ServerRequest request);

  /** Refuses a request, and all that was sent after it over the same connection. */
  static void refuse(ServerRequest request, ServerResponse response, String reason) {
    Exchange.of(request).endConnection();
    tryLater(response, reason);
  }

  /** Refuses a request that may succeed soon. */
  static void tryLater(ServerResponse response, String reason) {
    response.header(HeaderNames.RETRY_AFTER, "1");
    PlainText.error(response, 503, reason);
  }
}
