package io.silverback.cluster;

/**
 * The rules without which an old or double value would show. A simulation switches one off to prove
 * that it would notice.
 */
public enum Rule {
  /** A node without a lease takes no push. */
  LEASE_AT_ADMISSION,
  /** A leader looks at its lease before it replicates, and before it answers. */
  LEASE_BEFORE_REPLICATION,
  /** What came over a connection from before a lapse is never looked at. */
  DROP_WHAT_A_LAPSE_LEFT,
  /** Nobody sees a push before its replicas have it. */
  REPLICATE_BEFORE_EXPOSING,
  /** A push is not answered before its replicas have it. */
  REPLICATE_BEFORE_ANSWERING,
  /**
   * A slot is taken over only after a majority of voters reported that its leader's lease is over.
   */
  AWAIT_LAPSE,
  /** A slot is shown only after all other members said what they have of it. */
  ASK_ALL_MEMBERS,
  /** A replica takes nothing from the leader before, once it told the next what it has. */
  FENCE_OLD_LEADERS,
  /**
   * What only one of two nodes has is dropped where the other one's horizon is higher and says that
   * it was purged.
   */
  HORIZON_DROPS_LEFTOVERS,
  /** A node is ready only when nothing is missing that its absence took from the cluster. */
  READY_MEANS_SAFE,
  /** What a scrape has read of a slot is not shown if the slot was lost meanwhile. */
  LOST_SLOTS_END_SCRAPES,
  /** What a member cannot store is led by another one that can. */
  SPARE_THE_FULL,
  /** A slot is handed over only when the one that leads it does so no more. */
  RELEASE_BEFORE_HAND_OVER,
  /** A slot is handed over only with all that it holds. */
  HAND_OVER_ALL,
  /** A node gives versions by its own clock alone, whatever the versions of others say. */
  HEAR_NO_CLOCK,
  /** No update of a slot begins while it is wiped, and those at work end before. */
  HOLD_WIPED_SLOTS,
  /** One of two voters goes on alone only if this process once held a lease with the other one. */
  ALONE_ONLY_AFTER_A_LEASE,
  /** One of two voters counts as dead only if both of its doors refuse connections. */
  BOTH_DOORS_REFUSE,
  /** While the other one of two voters is heard, refused connections say nothing of it. */
  REFUSALS_COUNT_IN_SILENCE,
  /** The doors of the other one of two voters have to refuse connections for a whole lease. */
  REFUSALS_LAST_A_LEASE,
  /** A voter whose log hangs is called late, so that nobody counts on its vote. */
  LATE_LOGS_ARE_TOLD,
  /** A node that takes pushes by itself shows nothing from before that. */
  FRESH_HAS_A_FLOOR,
  /** A node takes pushes by itself only when it has run without a lease for long. */
  WAIT_BEFORE_FRESH,
  /** What a node led before a cut is shown only after the others said what they were pushed. */
  MERGE_AFTER_A_CUT,
  /** A slot counts as wiped only when enough other members have wiped it, too. */
  REPLICATE_WIPES,
  /** A node that comes to hold a slot fetches what was pushed before from those that have it. */
  HISTORY_FOLLOWS,
  /** What a node should hold no more it forgets only once all that should hold it have it. */
  OWNERS_FIRST,
  /** A leader calls no moment settled that an update at work may still have for its time. */
  SETTLE_AFTER_UPDATES
}
