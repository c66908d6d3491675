package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.silverback.server.group.GroupState;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.Snapshot;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** The JSON API below {@code /api/v1}: what is stored, and what the server is. */
final class ApiHandler {
  private final JsonFactory json = new JsonFactory().setCharacterEscapes(new HtmlSafe());
  private final MetricStore store;
  private final Map<String, String> flags;
  private final BuildInfo build;
  private final Instant startTime;

  ApiHandler(MetricStore store, Map<String, String> flags, BuildInfo build, Instant startTime) {
    this.store = store;
    this.flags = Map.copyOf(flags);
    this.build = build;
    this.startTime = startTime;
  }

  Door options() {
    return (_, response, _) -> {
      allowOtherSites(response);
      response.status(200).send();
    };
  }

  Door status() {
    return (request, response, _) ->
        respond(
            request,
            response,
            data -> {
              data.writeStartObject();
              writeMap(data, "build_information", build.fields());
              writeMap(data, "flags", flags);
              data.writeStringField("start_time", startTime.toString());
              data.writeEndObject();
            });
  }

  Door metrics() {
    return (request, response, _) ->
        respond(
            request,
            response,
            data -> {
              data.writeStartArray();
              try (Snapshot snapshot = store.snapshot()) {
                for (GroupState group : snapshot.groups()) {
                  GroupJson.write(group, data);
                }
              }
              data.writeEndArray();
            });
  }

  private void respond(ServerRequest request, ServerResponse response, Body body)
      throws IOException {
    allowOtherSites(response);
    response.status(200).header(HeaderNames.CONTENT_TYPE, "application/json");
    JsonGenerator out = json.createGenerator(AnswerStream.open(request, response));
    out.writeStartObject();
    out.writeStringField("status", "success");
    out.writeFieldName("data");
    body.write(out);
    out.writeEndObject();
    // Closed only when whole: an answer cut off by a fault must not be made valid JSON.
    out.close();
  }

  private static void allowOtherSites(ServerResponse response) {
    response
        .header(
            HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Authorization, Content-Type, Origin")
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE, OPTIONS")
        .header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "Date")
        .header(HeaderNames.CACHE_CONTROL, "no-cache, no-store, must-revalidate");
  }

  private static void writeMap(JsonGenerator out, String name, Map<String, String> map)
      throws IOException {
    out.writeObjectFieldStart(name);
    for (var entry : new TreeMap<>(map).entrySet()) {
      out.writeStringField(entry.getKey(), entry.getValue());
    }
    out.writeEndObject();
  }

  @FunctionalInterface
  private interface Body {
    void write(JsonGenerator data) throws IOException;
  }
}
