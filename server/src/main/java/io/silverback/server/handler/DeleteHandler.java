package io.silverback.server.handler;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.MetricStore;

/** DELETE: removes one group, if it is there. A body is ignored. */
final class DeleteHandler {
  private final MetricStore store;
  private final GroupingKeyPath paths;
  private final DoorLog log;

  DeleteHandler(MetricStore store, NameValidation names, DoorLog log) {
    this.store = store;
    this.paths = new GroupingKeyPath(names);
    this.log = log;
  }

  Door door(boolean jobIsBase64) {
    return (request, response, parameters) -> {
      switch (paths.read(parameters.get(0), jobIsBase64, parameters.get(1))) {
        case GroupingKeyPath.Reading.Key(var key) -> {
          store.submit(new GroupUpdate.Delete(key));
          log.deleted(request, key);
          response.status(202).send();
        }
        case GroupingKeyPath.Reading.Malformed(var reason) -> {
          log.malformedPath(request, reason);
          PlainText.error(response, 400, reason);
        }
        // No group can have such a key, and deleting one that is not there succeeds.
        case GroupingKeyPath.Reading.NotUtf8(var _) -> response.status(202).send();
      }
    };
  }
}
