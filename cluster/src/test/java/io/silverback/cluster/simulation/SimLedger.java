package io.silverback.cluster.simulation;

import io.silverback.cluster.HashRing;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was asked of one group, and what a scrape may therefore see: the state after some request,
 * never after an older one than was acknowledged or seen before the scrape began.
 */
final class SimLedger {
  private final String key;
  private final int slot;
  private final List<SortedMap<String, Long>> states = new ArrayList<>();
  private int floor;

  SimLedger(String key) {
    this.key = key;
    this.slot = HashRing.slotOf(key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    states.add(new TreeMap<>());
  }

  String key() {
    return key;
  }

  int slot() {
    return slot;
  }

  /** How many requests there were. */
  int asked() {
    return states.size() - 1;
  }

  /** The oldest request whose effect may be seen. */
  int floor() {
    return floor;
  }

  void ask(SimGroup.Update update) {
    var next = new TreeMap<String, Long>();
    if (update.kind() == SimGroup.Kind.POST) {
      next.putAll(states.getLast());
    }
    if (update.kind() != SimGroup.Kind.DELETE) {
      update.families().keySet().forEach(name -> next.put(name, update.value()));
    }
    states.add(next);
  }

  void acknowledged(int request) {
    floor = Math.max(floor, request);
  }

  /** The request had no effect, and will have none. */
  void refused(int request) {
    states.set(request, states.get(request - 1));
  }

  /** The oldest request from a floor on that has that effect, or -1. */
  int matches(SortedMap<String, Long> seen, int from) {
    for (int request = from; request < states.size(); request++) {
      if (states.get(request).equals(seen)) {
        return request;
      }
    }
    return -1;
  }

  /** True if the store has all that was acknowledged or seen. */
  boolean isHeldBy(SimStore store) {
    return matches(valuesIn(store), floor) >= 0;
  }

  SortedMap<String, Long> valuesIn(SimStore store) {
    return store.group(key).map(SimGroup::values).orElse(new TreeMap<>());
  }

  @Override
  public String toString() {
    return key + " floor=" + floor + " asked=" + asked();
  }
}
