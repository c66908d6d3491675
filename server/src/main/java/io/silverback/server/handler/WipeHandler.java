package io.silverback.server.handler;

import io.silverback.server.storage.MetricStore;

/** Deletes every group that is there when the request comes. */
final class WipeHandler {
  private final MetricStore store;
  private final DoorLog log;

  WipeHandler(MetricStore store, DoorLog log) {
    this.store = store;
    this.log = log;
  }

  Door door() {
    return (request, response, _) -> {
      log.wiped(request, store.wipe());
      response.status(202).send();
    };
  }
}
