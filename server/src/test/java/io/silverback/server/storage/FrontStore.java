package io.silverback.server.storage;

import io.silverback.codec.model.GroupingKey;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/** Another store, of which a test replaces a part. */
public class FrontStore implements MetricStore {
  private final MetricStore store;

  protected FrontStore(MetricStore store) {
    this.store = store;
  }

  @Override
  public Submission submit(GroupUpdate update) {
    return store.submit(update);
  }

  @Override
  public Rehearsal rehearse(GroupUpdate update) {
    return store.rehearse(update);
  }

  @Override
  public Snapshot snapshot() {
    return store.snapshot();
  }

  @Override
  public Snapshot snapshot(IntPredicate slots) {
    return store.snapshot(slots);
  }

  @Override
  public int groupCount() {
    return store.groupCount();
  }

  @Override
  public int wipe() {
    return store.wipe();
  }

  @Override
  public void history(HistoryQuery query, QueryBudget budget, HistorySink sink) throws IOException {
    store.history(query, budget, sink);
  }

  @Override
  public Optional<String> whyNotReady() {
    return store.whyNotReady();
  }

  @Override
  public Optional<String> saveCopy() throws IOException {
    return store.saveCopy();
  }

  @Override
  public void names(Consumer<GroupingKey> consumer) {
    store.names(consumer);
  }

  @Override
  public Optional<GroupState> group(GroupingKey key) {
    return store.group(key);
  }

  @Override
  public void sizes(SizeSink sink) {
    store.sizes(sink);
  }

  @Override
  public void shapes(ShapeSink sink) {
    store.shapes(sink);
  }

  @Override
  public void quietGroups(Duration atLeast, QuietSink sink) {
    store.quietGroups(atLeast, sink);
  }

  @Override
  public StorageStatistics statistics() {
    return store.statistics();
  }

  @Override
  public void close() {
    store.close();
  }
}
