package io.silverback.cluster;

import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The epochs that stores turned out to have where this node wanted to write something of an earlier
 * one: a store of a cluster that was there before, or a snapshot of one. Views have to be raised
 * above it before such a group can take pushes again. Belongs to the loop.
 */
public final class EpochFloor {
  /** What a push is told meanwhile. */
  public static final String REASON =
      "the group was stored by a cluster that was here before, and the epoch is raised above that";

  private final Map<Integer, Long> stored = new TreeMap<>();

  /** A slot, and the epoch of something that is stored of it. */
  public record Met(int slot, long epoch) {
    static final Met NOTHING = new Met(0, 0);
  }

  /**
   * The store of a node has that epoch in the slot. One that no cluster can have reached is damage,
   * and is left alone.
   */
  public void met(int slot, long epoch) {
    if (epoch > 0 && epoch < View.MOST_EPOCH) {
      stored.merge(slot, epoch, Math::max);
    }
  }

  /**
   * The newest of all that were met, of the slots that are led from before by that view. A slot
   * that has another leader since does not count: what is stored there is of that one.
   */
  public Met above(View view) {
    stored.entrySet().removeIf(met -> view.slots().tenure(met.getKey()).epoch() >= met.getValue());
    return stored.entrySet().stream()
        .map(met -> new Met(met.getKey(), met.getValue()))
        .max(Comparator.comparingLong(Met::epoch))
        .orElse(Met.NOTHING);
  }
}
