package io.silverback.server.storage.engine;

import io.silverback.cluster.HashRing;
import io.silverback.codec.model.Version;
import io.silverback.server.log.Log;
import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The purge horizon of each slot: whatever state at or below it is not here was purged on purpose.
 * Thread-safe.
 *
 * <p>A horizon is raised in two steps. First it is guarded: from then on no state of before comes
 * in, so that what is to go can be looked for and goes for good. Then it is said, once it is safe:
 * only then may anything be forgotten that nothing else remembers.
 */
public final class Horizons {
  private static final Log log = Log.of(Horizons.class);

  private volatile List<Version> guarded = Collections.nCopies(HashRing.SLOTS, Version.NEVER);
  private volatile List<Version> said = guarded;
  private Keeper keeper = _ -> {};

  /** Makes horizons outlast the process. */
  @FunctionalInterface
  public interface Keeper {
    /** Returns once they are safe; those before are until then. */
    void keep(List<Version> horizons) throws IOException;
  }

  /** Goes on with horizons that were kept. */
  public synchronized void keepWith(Keeper keeper, Map<Integer, Version> kept) {
    this.keeper = keeper;
    said = higher(said, kept);
    guarded = said;
  }

  /** That of the slot, as others may know it. */
  public Version at(int slot) {
    return said.get(slot);
  }

  /** No state at or below this one comes into the slot from a node that has a lower horizon. */
  public Version guard(int slot) {
    return guarded.get(slot);
  }

  public List<Version> all() {
    return said;
  }

  public synchronized void guard(Map<Integer, Version> raised) {
    guarded = higher(guarded, raised);
  }

  /** Says horizons that are guarded; false if they could not be made safe, and are as they were. */
  public synchronized boolean raise(Map<Integer, Version> raised) {
    List<Version> next = higher(said, raised);
    if (next.equals(said)) {
      return true;
    }
    try {
      keeper.keep(next);
    } catch (IOException e) {
      log.error("cannot store what was purged, so nothing is forgotten", "err", e);
      return false;
    }
    said = next;
    return true;
  }

  /**
   * Takes slots back to no horizon that have these ones, and are not about to get higher ones.
   *
   * @return those, once that is safe
   */
  public synchronized Set<Integer> drop(Map<Integer, Version> those) {
    var slots = new HashSet<Integer>();
    those.forEach(
        (slot, horizon) -> {
          if (said.get(slot).equals(horizon) && guarded.get(slot).equals(horizon)) {
            slots.add(slot);
          }
        });
    List<Version> next = without(said, slots);
    if (!next.equals(said)) {
      try {
        keeper.keep(next);
      } catch (IOException e) {
        log.error("cannot store that no purge counts, so nothing is forgotten", "err", e);
        return Set.of();
      }
      said = next;
      guarded = without(guarded, slots);
    }
    return slots;
  }

  private static List<Version> without(List<Version> horizons, Set<Integer> slots) {
    Version[] next = horizons.toArray(Version[]::new);
    slots.forEach(slot -> next[slot] = Version.NEVER);
    return List.of(next);
  }

  private static List<Version> higher(List<Version> horizons, Map<Integer, Version> raised) {
    Version[] next = horizons.toArray(Version[]::new);
    raised.forEach((slot, horizon) -> next[slot] = next[slot].max(horizon));
    return List.of(next);
  }
}
