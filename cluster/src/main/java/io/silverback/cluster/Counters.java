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
  long dropped;

  /** How often copies were handed to the store to be dropped. */
  long drops;
}
