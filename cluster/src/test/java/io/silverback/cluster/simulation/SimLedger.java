package io.silverback.cluster.simulation;

import io.silverback.cluster.HashRing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was asked of one group, and what a scrape may therefore see: the state after some request,
 * never after an older one than was acknowledged or seen before the scrape began.
 *
 * <p>A wipe comes at any moment between two requests while it is under way. One that was not
 * acknowledged may still come, until a request is answered that was asked after its end.
 */
final class SimLedger {
  private static final int NEVER = -1;
  private static final SortedMap<String, Long> NOTHING = new TreeMap<>();

  private final String key;
  private final int slot;
  private final List<SimGroup.Update> updates = new ArrayList<>();
  private final List<Retired> retired = new ArrayList<>();

  /** What there may be after each request. */
  private final List<Set<SortedMap<String, Long>>> states = new ArrayList<>();

  /** The same if the wipe that is under way has been done, from the request {@code wipeFrom} on. */
  private final List<Set<SortedMap<String, Long>>> wiped = new ArrayList<>();

  private int wipeFrom = NEVER;

  /** The first request that was asked after the end of a wipe that may still come to be. */
  private int settledBy = NEVER;

  private boolean wipeEnded;
  private int answered;
  private int floor;

  /** What there could be until a wipe was acknowledged. */
  private record Retired(long until, int from, List<Set<SortedMap<String, Long>>> states) {}

  SimLedger(String key) {
    this.key = key;
    this.slot = HashRing.slotOf(key.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    states.add(Set.of(NOTHING));
    updates.add(new SimGroup.Update(key, SimGroup.Kind.DELETE, 0, new TreeMap<>(), 0));
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
    updates.add(update);
    states.add(after(update, states.getLast()));
    if (wipeFrom != NEVER) {
      wiped.add(orNothing(after(update, wiped.getLast())));
      settledBy = wipeEnded && settledBy == NEVER ? asked() : settledBy;
    }
  }

  private static Set<SortedMap<String, Long>> after(
      SimGroup.Update update, Set<SortedMap<String, Long>> before) {
    var states = new HashSet<SortedMap<String, Long>>();
    for (SortedMap<String, Long> each : before) {
      var next = new TreeMap<String, Long>();
      if (update.kind() == SimGroup.Kind.POST) {
        next.putAll(each);
      }
      if (update.kind() != SimGroup.Kind.DELETE) {
        update.families().keySet().forEach(name -> next.put(name, update.value()));
      }
      states.add(next);
    }
    return states;
  }

  private static Set<SortedMap<String, Long>> orNothing(Set<SortedMap<String, Long>> states) {
    return union(states, Set.of(NOTHING));
  }

  private static Set<SortedMap<String, Long>> union(
      Set<SortedMap<String, Long>> some, Set<SortedMap<String, Long>> others) {
    var all = new HashSet<>(some);
    all.addAll(others);
    return all;
  }

  /**
   * From now on all that was acknowledged may go, and what is asked next may come before or after.
   */
  void askWipe() {
    fold();
    wipeFrom = floor;
    Set<SortedMap<String, Long>> first = Set.of(NOTHING);
    // Seen, but not answered: the client asks again, and that may come after the wipe.
    wiped.add(floor > answered ? orNothing(after(updates.get(floor), first)) : first);
    for (int request = floor + 1; request <= asked(); request++) {
      wiped.add(orNothing(after(updates.get(request), wiped.getLast())));
    }
  }

  /** Nothing of before the wipe may be seen any more, unless what shows it began before. */
  void wipeAcknowledged(long now) {
    retired.add(new Retired(now, wipeFrom, List.copyOf(possible())));
    for (int i = 0; i < wiped.size(); i++) {
      states.set(wipeFrom + i, wiped.get(i));
    }
    forgetWipe();
  }

  /** Nobody knows what becomes of it, but it takes nothing that is asked from now on. */
  void wipeUnknown() {
    wipeEnded = true;
  }

  private void fold() {
    List<Set<SortedMap<String, Long>>> possible = possible();
    for (int i = 0; i < possible.size(); i++) {
      states.set(wipeFrom + i, possible.get(i));
    }
    forgetWipe();
  }

  private void forgetWipe() {
    wiped.clear();
    wipeFrom = NEVER;
    settledBy = NEVER;
    wipeEnded = false;
  }

  /** What there may be, whether the wipe has been done or not. */
  private List<Set<SortedMap<String, Long>>> possible() {
    var possible = new ArrayList<Set<SortedMap<String, Long>>>();
    for (int i = 0; i < wiped.size(); i++) {
      possible.add(union(states.get(wipeFrom + i), wiped.get(i)));
    }
    return possible;
  }

  /** The client was told that it is done. */
  void answered(int request) {
    answered = request;
    acknowledged(request);
  }

  /** It was done, as a scrape has seen. */
  void acknowledged(int request) {
    floor = Math.max(floor, request);
    if (settledBy != NEVER && floor >= settledBy) {
      int first = settledBy;
      fold();
      for (int i = first; i <= asked(); i++) {
        states.set(i, after(updates.get(i), states.get(i - 1)));
      }
    }
  }

  /** The request had no effect, and will have none. */
  void refused(int request) {
    SortedMap<String, String> none = new TreeMap<>();
    updates.set(request, new SimGroup.Update(key, SimGroup.Kind.POST, 0, none, 0));
    states.set(request, states.get(request - 1));
    if (wipeFrom != NEVER && request > wipeFrom) {
      wiped.set(request - wipeFrom, orNothing(wiped.get(request - wipeFrom - 1)));
    }
  }

  /** The oldest request from a floor on that has that effect, or -1. */
  int matches(SortedMap<String, Long> seen, int from) {
    for (int request = from; request < states.size(); request++) {
      boolean isWiped =
          wipeFrom != NEVER && request >= wipeFrom && wiped.get(request - wipeFrom).contains(seen);
      if (isWiped || states.get(request).contains(seen)) {
        return request;
      }
    }
    return -1;
  }

  /** True if that was there before a wipe that was acknowledged since then. */
  boolean matchedSince(SortedMap<String, Long> seen, int from, long since) {
    for (Retired each : retired) {
      for (int i = 0; i < each.states().size(); i++) {
        if (each.until() >= since
            && each.from() + i >= from
            && each.states().get(i).contains(seen)) {
          return true;
        }
      }
    }
    return false;
  }

  /** True if the store has all that was acknowledged or seen. */
  boolean isHeldBy(SimStore store) {
    return matches(valuesIn(store), floor) >= 0;
  }

  /** True if the store has all that was acknowledged. */
  boolean isAnsweredHeldBy(SimStore store) {
    return matches(valuesIn(store), answered) >= 0;
  }

  SortedMap<String, Long> valuesIn(SimStore store) {
    return store.group(key).map(SimGroup::values).orElse(new TreeMap<>());
  }

  @Override
  public String toString() {
    return key + " floor=" + floor + " asked=" + asked();
  }
}
