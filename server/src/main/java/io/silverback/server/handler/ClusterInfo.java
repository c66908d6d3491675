package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What the endpoints may tell about the cluster that this server is part of. Thread-safe. */
public interface ClusterInfo {

  /** What this node knows and does now. */
  Overview overview();

  /** How the slots are spread over the members; takes a moment to work out. */
  List<Share> shares();

  /** A collector of metrics has scraped this node. Called each time; returns at once. */
  void scraped();

  /** What of the cluster is not served, in a sentence; empty if all is. */
  Optional<String> outage();

  /** Where a group belongs, whether it exists or not; asks the owners, for a bounded time. */
  Place place(GroupingKey key);

  /** How the whole cluster stands; asks all members, for a bounded time. */
  Standing standing();

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
   * @param drain "none", "leadership" or "all": what it is to hand over
   * @param isSelf true for the one that tells this
   * @param isSeen true if gossip believes that it lives
   * @param silentSince when this node last heard of it, if that is longer ago than a lease; or when
   *     this node began to listen
   * @param clockSkew of another member that answered within a lease
   * @param connectionVersion of the protocol on the connections that are open between it and the
   *     node that tells this, the lowest of them; of that node itself the newest that it speaks
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
      String drain,
      boolean isSelf,
      boolean isSeen,
      Optional<Instant> silentSince,
      Optional<ClockSkew> clockSkew,
      OptionalInt connectionVersion) {}

  /**
   * How a cluster stands, as its members report it.
   *
   * @param clusterId empty before the first view
   * @param generation how often it was founded again without a majority that was lost
   * @param epoch of the newest view known here, 0 before the first
   * @param losable how many more nodes may fail now without the loss of an acknowledged push
   * @param stoppable how many more nodes may fail now and the others still take pushes
   * @param waitingFor what is missing until the next node may be touched, in sentences
   */
  record Standing(
      String clusterId,
      long generation,
      long epoch,
      List<Part> parts,
      int losable,
      int stoppable,
      List<String> waitingFor) {
    public Standing {
      parts = List.copyOf(parts);
      waitingFor = List.copyOf(waitingFor);
    }
  }

  /**
   * A member's part of it.
   *
   * @param member as this node sees it
   * @param share as the view says it
   * @param word empty if the member did not answer in time
   */
  record Part(Peer member, Share share, Optional<Word> word) {

    /** The names of those of the members that do not hear this one. */
    public List<String> unheardBy(List<Part> all) {
      String name = member.nodeId();
      return all.stream()
          .filter(part -> part.word().filter(said -> said.silent().contains(name)).isPresent())
          .map(part -> part.member().nodeId())
          .toList();
    }
  }

  /**
   * What a member says about itself.
   *
   * @param epoch of the newest view that it knows
   * @param ledSlots slots that it leads and shows
   * @param takingOver slots that it is to lead and does not show yet
   * @param handingOver led slots that another member should lead
   * @param underReplicated led slots of which an owner may not have all
   * @param fewestCopies the fewest complete copies that a led slot has, its own included
   * @param movingHistory slots that it holds and fetches older history of
   * @param silent the names of the members that it does not hear
   * @param lateLogs the names of the voters that it hears and that do not keep up with the log of
   *     the views, maybe its own
   */
  record Word(
      long epoch,
      int ledSlots,
      int takingOver,
      int handingOver,
      int underReplicated,
      int fewestCopies,
      int movingHistory,
      Optional<String> whyNotReady,
      List<String> silent,
      List<String> lateLogs) {
    public Word {
      silent = List.copyOf(silent);
      lateLogs = List.copyOf(lateLogs);
    }
  }

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
   * @param shouldLead slots that it is the first owner of, of those that may lead
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
   * @param copies what each of the owners has
   */
  record Place(
      int slot,
      String leader,
      boolean leaderIsSilent,
      long epoch,
      List<String> owners,
      List<Copy> copies) {
    public Place {
      owners = List.copyOf(owners);
      copies = List.copyOf(copies);
    }
  }

  /**
   * What a member has of a group.
   *
   * @param answered false if it did not say so in time; then the rest means nothing
   * @param version of the last change; empty if it does not know the group
   * @param isCurrent true if it has the same as the leader
   * @param lagSeconds how far its last change is before the last one that an owner has
   */
  record Copy(
      String nodeId,
      boolean answered,
      boolean hasGroup,
      String version,
      boolean isCurrent,
      double lagSeconds) {}
}
