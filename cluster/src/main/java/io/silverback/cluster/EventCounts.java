package io.silverback.cluster;

import java.util.EnumMap;
import java.util.Map;

/** How often each {@link ClusterEvent} happened since the start. Belongs to the loop. */
public final class EventCounts {
  private final Map<ClusterEvent, Long> counts = new EnumMap<>(ClusterEvent.class);

  public void count(ClusterEvent event) {
    add(event, 1);
  }

  public void add(ClusterEvent event, long times) {
    counts.merge(event, times, Long::sum);
  }

  public long of(ClusterEvent event) {
    return counts.getOrDefault(event, 0L);
  }

  /** A copy of all counts. */
  public Map<ClusterEvent, Long> all() {
    return new EnumMap<>(counts);
  }
}
