package io.silverback.server.handler;

import io.silverback.server.limits.RefusalReason;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.writers.WriterWatch;

/** Deletes every group that is there when the request comes. */
final class WipeHandler {
  private final MetricStore store;
  private final WriterWatch writers;
  private final Permits permits;
  private final RequestLog log;

  WipeHandler(MetricStore store, WriterWatch writers, Permits permits, RequestLog log) {
    this.store = store;
    this.writers = writers;
    this.permits = permits;
    this.log = log;
  }

  Endpoint endpoint() {
    return (request, response, _) -> {
      if (permits.refusesAll(request, response)) {
        return;
      }
      try {
        log.wiped(request, store.wipe());
      } catch (StoreNotReadyException e) {
        log.refused(RefusalReason.NOT_READY);
        Fence.tryLater(response, String.valueOf(e.getMessage()));
        return;
      } finally {
        writers.forgetAll();
      }
      response.status(202).send();
    };
  }
}
