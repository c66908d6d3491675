package io.silverback.cluster;

import java.util.List;

/**
 * The slots that no process serves, as far as one node knows: their groups are not shown, and
 * pushes to them wait. A node that is cut off counts those of all that it cannot hear.
 *
 * @param silentLeader slots of members that were not heard of for longer than a lease
 * @param noLeader slots of no member; all of them before the first view
 * @param takingOver slots of members that live and do not serve them yet
 * @param nodes the names of those members, in order
 * @param millis for how long there has been such a slot, 0 without one
 */
public record Outage(
    int silentLeader, int noLeader, int takingOver, List<String> nodes, long millis) {
  public Outage {
    nodes = List.copyOf(nodes);
  }

  /** How many slots are not served. */
  public int slots() {
    return silentLeader + noLeader + takingOver;
  }
}
