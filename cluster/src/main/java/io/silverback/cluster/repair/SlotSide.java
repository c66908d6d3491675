package io.silverback.cluster.repair;

import io.silverback.cluster.GroupId;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.codec.model.Version;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What one node has of some slots, as of one moment. */
record SlotSide(List<Entry> entries, Map<GroupId, Long> hashes, Map<Integer, Version> horizons) {
  SlotSide(List<Entry> entries, Map<Integer, Version> horizons) {
    this(entries, byGroup(entries), horizons);
  }

  Version horizon(int slot) {
    return horizons.getOrDefault(slot, Version.NEVER);
  }

  boolean has(byte[] key) {
    return hashes.containsKey(new GroupId(key));
  }

  /** True if it lacks the entry of the other side on purpose. */
  boolean hasPurged(Entry entry, SlotSide from) {
    int slot = HashRing.slotOf(entry.key());
    Version horizon = horizon(slot);
    return !has(entry.key())
        && horizon.isAfter(from.horizon(slot))
        && !entry.newest().isAfter(horizon);
  }

  /** The slots of which this side has the higher horizon, with that. */
  Map<Integer, Version> higherThan(SlotSide other) {
    var higher = new HashMap<>(horizons);
    higher.entrySet().removeIf(each -> !each.getValue().isAfter(other.horizon(each.getKey())));
    return higher;
  }

  private static Map<GroupId, Long> byGroup(List<Entry> entries) {
    var byGroup = new HashMap<GroupId, Long>();
    entries.forEach(entry -> byGroup.put(new GroupId(entry.key()), entry.hash()));
    return byGroup;
  }
}
