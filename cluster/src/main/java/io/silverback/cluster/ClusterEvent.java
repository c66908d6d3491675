package io.silverback.cluster;

/** What a node counts from its start on. The name of each event is that of its metric, too. */
public enum ClusterEvent {
  FORWARDED("Updates brought to another leader."),
  REPLICATED("States of groups that other nodes took."),
  REPLACED_REPLICAS("Pushes for which a silent replica was replaced."),
  UNAVAILABLE("Updates that no leader answered in time."),
  LEASES_LOST("Times that this node lost its lease."),
  TAKE_OVERS("Slots that this node took over."),
  HANDED_OVER("Slots that this node handed over to another."),
  REPAIRS("Groups sent or fetched as copies differed."),
  PUSHES_WITHOUT_COPY("Pushes answered without another copy, as the view has no other member."),
  REFOUNDINGS("Times that this node founded the cluster again without voters that were lost."),
  PURGED("Deleted groups that this node remembers no longer."),
  HISTORY_MOVED_BYTES("Bytes of history fetched for slots that this node has come to hold."),
  LEFTOVERS_FORGOTTEN("Groups forgotten here as their slots belong to other nodes that have them.");

  private final String description;

  ClusterEvent(String description) {
    this.description = description;
  }

  /** One sentence for operators. */
  public String description() {
    return description;
  }
}
