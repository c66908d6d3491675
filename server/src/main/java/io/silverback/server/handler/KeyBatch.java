package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The smallest of the keys that are offered, as many as a fixed amount of memory holds: so any
 * number of keys can be gone through in their order, batch by batch. Not thread-safe.
 */
final class KeyBatch {
  /** What a key takes besides its characters, about. */
  private static final int KEY_WEIGHT = 128;

  private final @Nullable GroupingKey after;
  private final long maxWeight;
  private final TreeSet<GroupingKey> keys = new TreeSet<>();
  private long weight;
  private boolean complete = true;

  private KeyBatch(@Nullable GroupingKey after, long maxWeight) {
    this.after = after;
    this.maxWeight = maxWeight;
  }

  /** The first batch; one key fits in any case. */
  static KeyBatch first(long maxWeight) {
    return new KeyBatch(null, maxWeight);
  }

  /** The batch that follows, empty if this one lacks none of the keys offered. */
  Optional<KeyBatch> next() {
    return complete ? Optional.empty() : Optional.of(new KeyBatch(keys.getLast(), maxWeight));
  }

  void offer(GroupingKey key) {
    if ((after != null && key.compareTo(after) <= 0) || !keys.add(key)) {
      return;
    }
    weight += weightOf(key.labels());
    while (weight > maxWeight && keys.size() > 1) {
      weight -= weightOf(keys.removeLast().labels());
      complete = false;
    }
  }

  /** In their order. */
  Collection<GroupingKey> keys() {
    return Collections.unmodifiableCollection(keys);
  }

  private static long weightOf(Labels labels) {
    long weight = KEY_WEIGHT;
    for (int i = 0; i < labels.size(); i++) {
      weight += labels.name(i).length() + labels.value(i).length();
    }
    return weight;
  }
}
