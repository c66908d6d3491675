package io.silverback.bench;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.VersionClock;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.StoreConfig;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.time.Duration;
import java.util.List;

/** Stores of this process, and what goes into them. Thread-safe. */
final class Stores {
  private Stores() {}

  /** A store without files and limits, which its caller closes. */
  static OffHeapMetricStore inMemory() {
    return new OffHeapMetricStore(
        new StoreConfig(
            new VersionClock(System::currentTimeMillis, 1),
            System::currentTimeMillis,
            List.of(),
            true,
            Duration.ofMinutes(1),
            StorageLimits.NONE));
  }

  /** What a PUT of a body in the text format asks for. */
  static GroupUpdate put(GroupingKey key, byte[] body) {
    return new GroupUpdate.Replace(
        key, new TextParser(NameValidation.LEGACY).parse(body, body.length));
  }
}
