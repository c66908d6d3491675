package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What the endpoints may tell about the cluster that this server is part of. Thread-safe. */
public interface ClusterInfo {

  /** What this node knows and does now. */
  Overview overview();

  /** How the slots are spread over the members; takes a moment to work out. */
  List<Share> shares();

  /** What of the cluster is not served, in a sentence; empty if all is. */
  Optional<String> outage();

  /** Where a group belongs, whether it exists or not. */
  Place place(GroupingKey key);

  /**
   * What one node knows and does, as of some moment.
   *
   * @param incarnation of this process start
   * @param clusterId empty before the first view
   * @param epoch of the newest view known, 0 before the first
   * @param leaseSeconds how long this node may still lead without hearing from the others, 0 for
   *     not at all
   * @param outage the slots that nobody serves, as far as this node knows
   * @param whyNotReady why this node should get no requests; empty if it should
   * @param members of that view, in its order
   * @param removed those that were members not long ago
   * @param unadmitted peers that gossip sees and that are no members
   */
  record Overview(
      String nodeId,
      String incarnation,
      String clusterId,
      long epoch,
      double leaseSeconds,
      int ledSlots,
      int takingOver,
      int ownedSlots,
      int underReplicated,
      Outage outage,
      Optional<String> whyNotReady,
      List<Peer> members,
      List<Gone> removed,
      List<Peer> unadmitted) {
    public Overview {
      members = List.copyOf(members);
      removed = List.copyOf(removed);
      unadmitted = List.copyOf(unadmitted);
    }
  }

  /**
   * Slots that nobody serves.
   *
   * @param silentLeader those of members that were not heard of for longer than a lease
   * @param noLeader those of no member
   * @param takingOver those of members that live and do not serve them yet
   * @param nodes the names of those members
   * @param seconds for how long there has been such a slot
   */
  record Outage(
      int slots,
      int silentLeader,
      int noLeader,
      int takingOver,
      List<String> nodes,
      double seconds) {
    public Outage {
      nodes = List.copyOf(nodes);
    }
  }

  /**
   * One process start of a node.
   *
   * @param isSelf true for the one that tells this
   * @param isSeen true if gossip believes that it lives
   * @param silentSince when this node last heard of it, if that is longer ago than a lease; or when
   *     this node began to listen
   * @param clockSkew of another member that answered within a lease
   */
  record Peer(
      String nodeId,
      String incarnation,
      String peerAddress,
      String webAddress,
      String zone,
      boolean votes,
      boolean voterOnly,
      boolean mayLead,
      boolean isSelf,
      boolean isSeen,
      Optional<Instant> silentSince,
      Optional<ClockSkew> clockSkew) {}

  /**
   * How far a wall clock is from that of the node that tells this.
   *
   * @param aheadSeconds below 0 if it is behind
   * @param errorSeconds by how much that may be wrong
   */
  record ClockSkew(double aheadSeconds, double errorSeconds) {}

  /**
   * A process start that is no member any more.
   *
   * @param epoch of the first view without it
   */
  record Gone(String nodeId, String incarnation, String webAddress, long epoch, Instant removed) {}

  /**
   * The slots of one member.
   *
   * @param nodeId empty for the slots that nobody leads
   * @param leads slots that the view says it leads
   * @param shouldLead slots that it is the first owner of
   * @param owns slots that it should hold
   */
  record Share(String nodeId, int leads, int shouldLead, int owns) {}

  /**
   * Where a group belongs.
   *
   * @param leader the name of the member that leads the slot, empty for none
   * @param leaderIsSilent true if it was not heard of for longer than a lease
   * @param epoch of the view that made it the leader
   * @param owners the names of the members that hold the group: its leader, and those that have
   *     copies or are about to get them; the one that should lead it first
   */
  record Place(int slot, String leader, boolean leaderIsSilent, long epoch, List<String> owners) {
    public Place {
      owners = List.copyOf(owners);
    }
  }
}
