package io.silverback.server.storage;

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
public final class KeyBatch {
  /** What a key takes besides its labels, about. */
  private static final int KEY_WEIGHT = 128;

  /** What a label takes besides its characters, about. */
  private static final int LABEL_WEIGHT = 128;

  private final @Nullable GroupingKey after;
  private final long maxWeight;
  private final TreeSet<GroupingKey> keys = new TreeSet<>();
  private long weight;

  /**
   * The smallest key that had no room: none from there on may stay, or that one would be missed.
   */
  private @Nullable GroupingKey end;

  private KeyBatch(@Nullable GroupingKey after, long maxWeight) {
    this.after = after;
    this.maxWeight = maxWeight;
  }

  /** The first batch; one key fits in any case. */
  public static KeyBatch first(long maxWeight) {
    return new KeyBatch(null, maxWeight);
  }

  /** The batch after a key; one key fits in any case. */
  public static KeyBatch after(GroupingKey key, long maxWeight) {
    return new KeyBatch(key, maxWeight);
  }

  /** The batch that follows, to be offered all keys again; empty if no key had no room here. */
  public Optional<KeyBatch> next() {
    return end == null ? Optional.empty() : Optional.of(new KeyBatch(keys.getLast(), maxWeight));
  }

  public void offer(GroupingKey key) {
    boolean isOutside =
        (after != null && key.compareTo(after) <= 0) || (end != null && key.compareTo(end) >= 0);
    if (isOutside || !keys.add(key)) {
      return;
    }
    weight += weightOf(key);
    while (weight > maxWeight && keys.size() > 1) {
      GroupingKey last = keys.removeLast();
      weight -= weightOf(last);
      end = last;
    }
  }

  /** In their order. */
  public Collection<GroupingKey> keys() {
    return Collections.unmodifiableCollection(keys);
  }

  /** What the memory of a key is counted as, in bytes, about. */
  public static long weightOf(GroupingKey key) {
    Labels labels = key.labels();
    long weight = KEY_WEIGHT;
    for (int i = 0; i < labels.size(); i++) {
      weight += LABEL_WEIGHT + labels.name(i).length() + labels.value(i).length();
    }
    return weight;
  }
}
