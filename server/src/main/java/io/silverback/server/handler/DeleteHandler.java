package io.silverback.server.handler;

import io.silverback.server.group.GroupUpdate;
import io.silverback.server.http.PlainText;
import io.silverback.server.limits.RefusalReason;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.storage.MetricStore.Submission.Unavailable;
import io.silverback.server.writers.WriterWatch;

/** DELETE: removes one group, if it is there. A body is ignored. */
final class DeleteHandler {
  private final MetricStore store;
  private final GroupingKeyPath paths;
  private final WriterWatch writers;
  private final Permits permits;
  private final RequestLog log;

  DeleteHandler(
      MetricStore store,
      GroupingKeyPath paths,
      WriterWatch writers,
      Permits permits,
      RequestLog log) {
    this.store = store;
    this.paths = paths;
    this.writers = writers;
    this.permits = permits;
    this.log = log;
  }

  Endpoint endpoint(boolean jobIsBase64) {
    return (request, response, parameters) -> {
      switch (paths.read(parameters.get(0), jobIsBase64, parameters.get(1))) {
        case GroupingKeyPath.Reading.Key(var key, var _) -> {
          if (permits.refuses(request, response, key)) {
            return;
          }
          if (store.submit(new GroupUpdate.Delete(key)) instanceof Unavailable(_, var reason)) {
            log.refused(RefusalReason.UNAVAILABLE);
            Fence.tryLater(response, reason);
            return;
          }
          writers.forget(key);
          log.deleted(request, key);
          response.status(202).send();
        }
        case GroupingKeyPath.Reading.Malformed(var reason) -> {
          log.malformedKey(request, reason);
          PlainText.error(response, 400, reason);
        }
        // No group can have such a key, and deleting one that is not there succeeds.
        case GroupingKeyPath.Reading.NotUtf8(var _) -> response.status(202).send();
      }
    };
  }
}
