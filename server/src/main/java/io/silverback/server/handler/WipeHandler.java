package io.silverback.server.handler;

import io.silverback.server.storage.MetricStore;

/** Deletes every group that is there when the request comes. */
final class WipeHandler {
  private final MetricStore store;
  private final WriterWatch writers;
  private final DoorLog log;

  WipeHandler(MetricStore store, WriterWatch writers, DoorLog log) {
    this.store = store;
    this.writers = writers;
    this.log = log;
  }

  Door door() {
    return (request, response, _) -> {
      int groups = store.wipe();
      writers.forgetAll();
      log.wiped(request, groups);
      response.status(202).send();
    };
  }
}
