package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;

/** Answers of the JSON API, in the envelope of Prometheus' API and open to pages of other sites. */
final class JsonAnswer {
  private static final JsonFactory JSON = new JsonFactory().setCharacterEscapes(new HtmlSafe());

  private JsonAnswer() {}

  /** What an answer says. */
  @FunctionalInterface
  interface Body {
    /** Writes exactly one JSON value. */
    void write(JsonGenerator data) throws IOException;
  }

  /** Sends the data while it is written. */
  static void send(ServerRequest request, ServerResponse response, Body body) throws IOException {
    JsonGenerator out = open(request, response, 200);
    out.writeStartObject();
    out.writeStringField("status", "success");
    out.writeFieldName("data");
    body.write(out);
    out.writeEndObject();
    // Closed only when whole: an answer cut off by a fault must not be made valid JSON.
    out.close();
  }

  /** Sends a 400: the request is wrong. */
  static void refuse(ServerRequest request, ServerResponse response, String reason)
      throws IOException {
    JsonGenerator out = open(request, response, 400);
    out.writeStartObject();
    out.writeStringField("status", "error");
    out.writeStringField("errorType", "bad_data");
    out.writeStringField("error", reason);
    out.writeEndObject();
    out.close();
  }

  private static JsonGenerator open(ServerRequest request, ServerResponse response, int status)
      throws IOException {
    allowOtherSites(response);
    response.status(status).header(HeaderNames.CONTENT_TYPE, "application/json");
    return JSON.createGenerator(AnswerStream.open(request, response));
  }

  static void allowOtherSites(ServerResponse response) {
    response
        .header(
            HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Authorization, Content-Type, Origin")
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE, OPTIONS")
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "Date")
        .header(HeaderNames.CACHE_CONTROL, "no-cache, no-store, must-revalidate");
  }
}
