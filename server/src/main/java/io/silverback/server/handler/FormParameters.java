package io.silverback.server.handler;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.silverback.server.body.BodyBuffer;
import io.silverback.server.body.BodyCoding;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Reads the parameters of requests that may send them as a form. Thread-safe. */
final class FormParameters {
  private final BodyCoding bodies;
  private final LimitedMemory memory;

  /**
   * A reader of bounded forms.
   *
   * @param memory what all bodies take from
   */
  FormParameters(RequestLimits limits, LimitedMemory memory) {
    this.bodies = new BodyCoding(limits);
    this.memory = memory;
  }

  /** Those of the form in the body before those of the URL, as Prometheus reads them. */
  QueryParameters read(ServerRequest request)
      throws UnreadableBodyException, OverLimitException, IOException {
    var ofUrl = QueryParameters.parse(request.query().rawValue());
    String type = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
    String bare = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!bare.equals("application/x-www-form-urlencoded")) {
      return ofUrl;
    }
    try (var lease = memory.lease()) {
      BodyBuffer form = bodies.receiveForm(request, lease);
      String text = new String(form.bytes(), 0, form.length(), StandardCharsets.UTF_8);
      return QueryParameters.parse(text).and(ofUrl);
    }
  }
}
