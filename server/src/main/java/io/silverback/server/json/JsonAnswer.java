package io.silverback.server.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.http.AnswerStream;
import io.silverback.server.http.BrowserRules;
import java.io.IOException;
import java.io.OutputStream;

/** Answers of the JSON API, in the envelope of Prometheus' API. */
public final class JsonAnswer {
  private static final JsonFactory JSON = new JsonFactory().setCharacterEscapes(new HtmlSafe());

  private static final Header NOT_CACHED =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache, no-store, must-revalidate");

  private JsonAnswer() {}

  /** What an answer says. */
  @FunctionalInterface
  public interface Body {
    /** Writes one JSON value, and after it fields beside it if there are any. */
    void write(JsonGenerator data) throws IOException;
  }

  /** Sends the data while it is written. */
  public static void send(ServerRequest request, ServerResponse response, Body body)
      throws IOException {
    send(request, response, 200, body);
  }

  /** The same with another status of a success. */
  public static void send(ServerRequest request, ServerResponse response, int status, Body body)
      throws IOException {
    begin(response, status);
    write(AnswerStream.open(request, response), body);
  }

  /** The same without the envelope, for clients that expect another form. */
  public static void sendBare(ServerRequest request, ServerResponse response, Body body)
      throws IOException {
    begin(response, 200);
    JsonGenerator out = JSON.createGenerator(AnswerStream.open(request, response));
    body.write(out);
    out.close();
  }

  /** The same as {@link #send} through another stream, which is closed once the answer is whole. */
  public static void send(ServerResponse response, HeldStream stream, Body body)
      throws IOException {
    begin(response, 200);
    write(stream, body);
  }

  private static void write(OutputStream stream, Body body) throws IOException {
    JsonGenerator out = JSON.createGenerator(stream);
    out.writeStartObject();
    out.writeStringField("status", "success");
    out.writeFieldName("data");
    body.write(out);
    out.writeEndObject();
    // Closed only when whole: an answer cut off by a fault must not be made valid JSON.
    out.close();
  }

  /** Sends a 400: the request is wrong. */
  public static void refuse(ServerRequest request, ServerResponse response, String reason)
      throws IOException {
    refuse(request, response, 400, "bad_data", reason);
  }

  /** Sends an error of one of the types that Prometheus' API has. */
  public static void refuse(
      ServerRequest request, ServerResponse response, int status, String type, String reason)
      throws IOException {
    begin(response, status);
    JsonGenerator out = JSON.createGenerator(AnswerStream.open(request, response));
    out.writeStartObject();
    out.writeStringField("status", "error");
    out.writeStringField("errorType", type);
    out.writeStringField("error", reason);
    out.writeEndObject();
    out.close();
  }

  private static void begin(ServerResponse response, int status) {
    response.header(NOT_CACHED);
    BrowserRules.addForData(response);
    response.status(status).header(HeaderNames.CONTENT_TYPE, "application/json");
  }

  /** Lets pages of other sites read the answer. */
  public static void allowOtherSites(ServerResponse response) {
    response
        .header(
            HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Authorization, Content-Type, Origin")
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE, OPTIONS")
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "Date")
        .header(NOT_CACHED);
  }
}
