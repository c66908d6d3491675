package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.json.QueryParameters;
import io.silverback.server.writers.GroupClients.Client;
import java.io.IOException;
import java.time.Instant;

/** {@code GET /api/v1/group/clients}: who pushes to a group. */
final class ClientsHandler {
  private final Clients clients;

  ClientsHandler(Clients clients) {
    this.clients = clients;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      GroupingKey key =
          GroupingKeyParameters.read(QueryParameters.parse(request.query().rawValue()));
      Clients.Known known = clients.clientsOf(key);
      JsonAnswer.send(request, response, data -> write(known, data));
    };
  }

  private static void write(Clients.Known known, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeArrayFieldStart("silent_members");
    for (String name : known.silent()) {
      out.writeString(name);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("clients");
    for (Client client : known.clients()) {
      out.writeStartObject();
      out.writeStringField("client", client.address());
      out.writeStringField("agent", client.agent());
      out.writeNumberField("pushes", client.pushes());
      if (client.pushMillis() > 0) {
        out.writeStringField("last_push", Instant.ofEpochMilli(client.pushMillis()).toString());
      }
      out.writeNumberField("refused", client.refusals());
      if (client.refusalMillis() > 0) {
        out.writeStringField(
            "last_refusal", Instant.ofEpochMilli(client.refusalMillis()).toString());
        out.writeStringField("reason", client.reason());
      }
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
