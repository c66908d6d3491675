package io.silverback.cluster.message;

import io.silverback.cluster.Member;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.ReplicaStore.Lack;
import io.silverback.cluster.View;
import io.silverback.cluster.Wish;
import io.silverback.codec.model.Version;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * What nodes say to each other. A message with an {@code id} either asks something, and is answered
 * by the {@link Answer} with the same id, or is such an answer; the asker chose the id.
 *
 * <p>Layout: {@code docs/formats/peer-messages.md}.
 */
public sealed interface PeerMessage {

  /** A question that wants an {@link Answer}. */
  sealed interface Question extends PeerMessage {
    long id();
  }

  /** What comes back for a {@link Question}. */
  sealed interface Answer extends PeerMessage {
    long id();
  }

  /**
   * Sent by every node to every other one, several times in the time of a lease: asks voters for a
   * lease, and tells that the node lives.
   *
   * @param clusterId of the newest view that the sender has applied, of no account without one
   * @param epoch of that view, 0 for none
   * @param renewal number of this request, counted by the sender
   * @param nanos the sender's monotonic clock
   */
  record Heartbeat(Member self, long clusterId, long epoch, long renewal, long nanos)
      implements PeerMessage {}

  /**
   * A voter's word on a heartbeat.
   *
   * @param epoch of the voter's view, which a grant is for
   * @param digest of that view: two views may have one number, if files of one were brought back
   * @param granted false if nothing is granted
   * @param nanos the voter's monotonic clock
   * @param wallMillis its wall clock, which decides nothing
   * @param lapsed the removed process starts that hold nothing that this voter granted before their
   *     removals, of those that its view knows
   */
  record Grant(
      long epoch,
      long digest,
      long renewal,
      boolean granted,
      long nanos,
      long wallMillis,
      List<ProcessId> lapsed)
      implements PeerMessage {}

  /**
   * How the receiver stands with the sender: whether something is missing that the receiver's
   * absence took from the cluster. Sent for a heartbeat of a member of the same view, if it has
   * changed or was last sent a while ago.
   *
   * @param epoch of the view that this is said of
   * @param copied true if the receiver holds its share of all slots that the sender leads
   * @param index of the place in the log of views that names the voters, 0 if they are not named
   * @param voters of the log, if the sender proposes and they are agreed on
   * @param slot of the floor
   * @param floor the newest epoch that the sender met in a store and that the slot is not led from
   *     yet, 0 for none
   */
  record Standing(long epoch, boolean copied, long index, List<Long> voters, int slot, long floor)
      implements PeerMessage {}

  /**
   * The sender cannot store what comes to be or grows.
   *
   * @param stuck the slots that it is to lead and cannot take over for that reason
   */
  record Full(BitSet stuck) implements PeerMessage {}

  /**
   * The sender does not serve all slots that it leads, or is to lead. Sent with each heartbeat as
   * long as that is so.
   */
  record Unserved(int slots) implements PeerMessage {}

  /**
   * The sender has released slots: it takes no pushes for them and does not show them, as long as
   * it knows of no later view. So the next view may give them to members that have all of them.
   *
   * @param epoch of the sender's view
   */
  record Released(long epoch, List<Share> shares) implements PeerMessage {
    /** The slots that a member is to lead. */
    public record Share(ProcessId to, BitSet slots) {}
  }

  /** What an operator wants, for the member that proposes views, and for all that lead slots. */
  record Wished(Wish wish) implements PeerMessage {}

  /** A process start, by the name of its node. */
  record ProcessId(String nodeId, long incarnation) {
    public static ProcessId of(Member member) {
      return new ProcessId(member.nodeId(), member.incarnation());
    }
  }

  /** A committed view, for nodes that have an older one. */
  record ViewPush(View view) implements PeerMessage {}

  /** Asks a node without a view to found a cluster with those members. */
  record Offer(long clusterId, List<Member> members) implements PeerMessage {}

  /** The node will take part in that cluster and in no other. */
  record OfferTaken(long clusterId) implements PeerMessage {}

  /** All have taken the offer. */
  record Begin(View first) implements PeerMessage {}

  /** The sender leads nothing any more, and never will again in this process. */
  record Farewell() implements PeerMessage {}

  /**
   * Brings an update to the leader of its group.
   *
   * @param epoch of the sender's view
   * @param dropAfter by the receiver's monotonic clock: later it is too late
   * @param sentBy by the receiver's monotonic clock: a moment at which it was sent already
   * @param relay true to ask a node that is not the leader to pass it on
   */
  record Forward(
      long id, long epoch, long dropAfter, long sentBy, boolean relay, byte[] key, byte[] update)
      implements Question {}

  /** What became of a forwarded update. */
  record Forwarded(long id, Fate result, byte[] answer, String reason) implements Answer {
    public enum Fate {
      /** The leader's answer is in {@code answer}. */
      ANSWERED,
      /** The same, and the group is what it was before. */
      SETTLED,
      /** Not done: ask again, maybe another node. */
      NOT_HERE,
      /** Nobody can say whether it will take effect. */
      UNAVAILABLE
    }
  }

  /**
   * A new state of a group, from its leader to a replica.
   *
   * @param epoch from which on the sender leads the slot
   * @param dropAfter by the receiver's clock: from then on the sender counts on its not being
   *     stored
   */
  record Replicate(long id, int slot, long epoch, long dropAfter, byte[] state)
      implements Question {}

  /** What a replica made of a state. */
  record Replicated(long id, Receipt result, String reason) implements Answer {
    public enum Receipt {
      DONE,
      SHAPE_MISSING,
      /** Another node has begun to lead the slot. */
      FENCED,
      REFUSED
    }
  }

  /**
   * Asks for the digests of slots. The receiver takes no state of these slots from leaders of older
   * epochs any more.
   *
   * @param epochs from which on the sender leads each of the slots; empty if it only compares
   */
  record AskDigests(long id, BitSet slots, List<Long> epochs) implements Question {}

  /** The digests and the horizons at that moment, in the order of the slots. */
  record Digests(long id, List<Long> digests, List<Version> horizons) implements Answer {}

  record AskEntries(long id, BitSet slots) implements Question {}

  /** The groups of all slots, and the horizons at that moment, in the order of the slots. */
  record Entries(long id, List<Entry> entries, List<Version> horizons) implements Answer {}

  record AskStates(long id, List<byte[]> keys) implements Question {}

  /** The first of the states that were asked for, as many as fit; groups that are gone left out. */
  record States(long id, int answered, List<byte[]> states) implements Answer {}

  /**
   * Whole states that the receiver lacks.
   *
   * @param horizons of the slot of each, as it was when the sender looked what is lacking
   */
  record Deliver(long id, List<byte[]> states, List<Version> horizons) implements Question {}

  record Delivered(long id, Optional<String> refused) implements Answer {}

  /**
   * The sender's horizons of these slots, of which the receiver should hold all, are higher. The
   * receiver compares the slots, and raises its own.
   */
  record RaiseHorizons(long id, BitSet slots) implements Question {}

  /** Whether they are raised. */
  record HorizonsRaised(long id, boolean done) implements Answer {}

  /**
   * The sender should hold none of these slots any more, and asks one that should: which of them
   * can the receiver do without the sender for?
   *
   * @param epoch of the sender's view, which has to be that of the receiver
   */
  record AskSettled(long id, long epoch, BitSet slots) implements Question {}

  /**
   * Those which the receiver of the question leads, or is known by their leader to hold, and of
   * which it waits for no history.
   */
  record Settled(long id, BitSet slots) implements Answer {}

  /** Asks what the receiver has of the history that the sender lacks. */
  record AskHistory(long id, List<Lack> lacks) implements Question {}

  /**
   * When the newest of those pushes was that the sender has, in the order of the question; {@link
   * Long#MIN_VALUE} without any.
   */
  record HistoryKnown(long id, List<Long> newest) implements Answer {}

  record AskPages(long id, List<Lack> lacks) implements Question {}

  /** For the first of the groups that were asked for, as many as fit, the newest of the pages. */
  record Pages(long id, List<List<byte[]>> pages) implements Answer {}

  /**
   * Asks the leader of slots to wipe them.
   *
   * @param dropAfter by the receiver's monotonic clock: later it is too late to begin
   * @param epochs from which on the receiver leads each of the slots
   */
  record AskWipe(long id, long dropAfter, BitSet slots, List<Long> epochs) implements Question {}

  /**
   * The sender leads these slots, and wipes them: what is at or below those versions, which are of
   * the epochs from which on it leads them.
   */
  record WipeSlots(long id, BitSet slots, List<Version> versions) implements Question {}

  /**
   * Which of the slots are wiped.
   *
   * @param groups how many there were
   */
  record Wiped(long id, BitSet slots, int groups) implements Answer {}

  /**
   * Asks the home of a job whether a group may have new series.
   *
   * @param epoch from which on the receiver leads the slot of the job
   */
  record AskClaim(long id, long epoch, byte[] key, Claim claim) implements Question {}

  record ClaimAnswer(long id, long epoch, Verdict verdict, String reason) implements Answer {
    public enum Verdict {
      /** Yes, and so for all groups of the job with these label names, until a probe says else. */
      GRANTED_ALL,
      GRANTED,
      COLLIDES,
      RETRY
    }
  }

  /** Asks a node what it knows of the groups of a job. */
  record Probe(long id, long epoch, byte[] key, Claim claim) implements Question {}

  record ProbeAnswer(long id, List<String> labelNames, Optional<String> collision)
      implements Answer {}

  /** The claim of the group is settled: its series are stored, or will never be. */
  record ClaimSettled(String job, byte[] key) implements PeerMessage {}

  /** From server to server; what it says is not the cluster's business. */
  record OpaqueQuestion(long id, byte[] question) implements Question {}

  record OpaqueAnswer(long id, byte[] answer) implements Answer {}
}
