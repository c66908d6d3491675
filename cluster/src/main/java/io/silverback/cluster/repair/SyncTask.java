package io.silverback.cluster.repair;

import io.silverback.cluster.Member;
import java.util.BitSet;
import java.util.List;

/**
 * What is compared with which peer, and what is done about differences.
 *
 * @param epochs from which on this node leads each slot, which the peer fences; empty to fence
 *     nothing
 * @param fetches whether this node gets what it lacks
 * @param delivers whether the peer gets what it lacks
 */
public record SyncTask(
    Member peer, BitSet slots, List<Long> epochs, boolean fetches, boolean delivers) {
  /** Both get what they lack. */
  public static SyncTask exchange(Member peer, BitSet slots) {
    return new SyncTask(peer, slots, List.of(), true, true);
  }

  /** This node gets what it lacks. */
  public static SyncTask fetch(Member peer, BitSet slots) {
    return new SyncTask(peer, slots, List.of(), true, false);
  }

  /** The peer gets what it lacks. */
  public static SyncTask deliver(Member peer, BitSet slots) {
    return new SyncTask(peer, slots, List.of(), false, true);
  }

  /** This node gets what it lacks, and the peer takes nothing more from earlier leaders. */
  public static SyncTask takeOver(Member peer, BitSet slots, List<Long> epochs) {
    return new SyncTask(peer, slots, epochs, true, false);
  }
}
