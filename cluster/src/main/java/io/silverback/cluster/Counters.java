package io.silverback.cluster;

/** What happened since the start. Belongs to the loop. */
final class Counters {
  long forwarded;
  long replicated;
  long standIns;
  long unavailable;
  long takeOvers;
  long repairs;
  long alone;
  long purged;

  void add(SlotSync.Outcome outcome) {
    repairs += outcome.repaired();
    purged += outcome.purged();
  }
}
