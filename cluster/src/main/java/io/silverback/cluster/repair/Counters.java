package io.silverback.cluster.repair;

/** What happened since the start. Belongs to the loop. */
public final class Counters {
  public long forwarded;
  public long replicated;
  public long replacedReplicas;
  public long unavailable;
  public long takeOvers;
  public long repairs;
  public long alone;
  public long purged;

  public void add(SlotSync.Outcome outcome) {
    repairs += outcome.repaired();
    purged += outcome.purged();
  }
}
