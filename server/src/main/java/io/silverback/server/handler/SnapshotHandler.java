package io.silverback.server.handler;

import io.silverback.server.http.PlainText;
import io.silverback.server.json.JsonAnswer;
import io.silverback.server.storage.MetricStore;
import java.io.IOException;
import java.util.Optional;

/** Has a copy of the store made that a server can be started from, while this one serves. */
final class SnapshotHandler {
  private final MetricStore store;
  private final RequestLog log;

  SnapshotHandler(MetricStore store, RequestLog log) {
    this.store = store;
    this.log = log;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      Optional<String> name;
      try {
        name = store.saveCopy();
      } catch (IOException e) {
        log.copyFailed(request, e);
        PlainText.error(response, 503, "cannot copy the store: " + e.getMessage());
        return;
      }
      if (name.isEmpty()) {
        PlainText.error(
            response, 400, "there are no files to copy, start with --persistence.file=FOLDER");
        return;
      }
      log.copied(request, name.get());
      JsonAnswer.send(
          request,
          response,
          data -> {
            data.writeStartObject();
            data.writeStringField("name", name.get());
            data.writeEndObject();
          });
    };
  }
}
