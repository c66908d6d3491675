package io.silverback.cluster;

import io.silverback.codec.model.Version;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/**
 * The groups of this node, as the cluster sees them: bytes under keys that belong to slots. What
 * the bytes mean is the store's business; that merging two states of a group is commutative,
 * associative and idempotent is its promise.
 *
 * <p>A state is always that of a whole group, never of a part, so it can be merged into anything.
 *
 * <p>A deleted group stays as a tombstone, so that no old state brings it back, until it is purged.
 * What was purged is not forgotten altogether: each slot has a <em>horizon</em>, {@link
 * Version#NEVER} at first, which says that whatever state at or below it is not here was purged on
 * purpose. So it may only be raised by a node that has all that there is, which is what {@link
 * #raise} asks of its caller. It survives the process if the groups do.
 *
 * <p>Thread-safe. No array that goes in or out is written to afterwards.
 */
public interface ReplicaStore {

  /**
   * What a client wants of a group. The cluster only carries it, and bytes are made of it only if
   * it goes to another process.
   */
  interface Update {
    /** The bytes, which are made by the first call; that may take long. */
    byte[] encoded();

    /** True if {@link #encoded} returns at once. */
    boolean isEncoded();

    /** One that came from another process. */
    static Update of(byte[] bytes) {
      return new Update() {
        @Override
        public byte[] encoded() {
          return bytes;
        }

        @Override
        public boolean isEncoded() {
          return true;
        }
      };
    }
  }

  /** The whole of a group at one moment, as it goes to other processes. */
  interface State {
    /** The bytes; returns at once. */
    byte[] encoded();

    /** One that came from another process. */
    static State of(byte[] bytes) {
      return () -> bytes;
    }
  }

  /**
   * Works out what an update makes of its group, and changes nothing. The caller sees to it that no
   * other update of the group is between this call and the {@link #merge} of what comes out.
   *
   * <p>A group that comes to be counts as deleted at the horizon of its slot: what was purged of it
   * may still be somewhere, and must not be united with what is pushed now.
   *
   * @param version newer than all that the group has of its epoch
   */
  Prepared prepare(Update update, Version version, long wallMillis);

  /** What an update would do. */
  sealed interface Prepared {
    /**
     * Nothing can be made of it: the group or the horizon of its slot has a version from a cluster
     * that was there before, and what is pushed now would count as older. It has to be of that
     * epoch or a later one.
     */
    record Overtaken(long epoch) implements Prepared {}

    /** Nothing changes; the answer is for the client that sent the update. */
    record Settled(byte[] answer) implements Prepared {}

    /**
     * The group gets a new state.
     *
     * @param state the whole group afterwards
     * @param claim the series that come to be, if any do
     * @param answer for the client that sent the update, once the state is safe
     */
    record Effect(State state, Optional<Claim> claim, byte[] answer) implements Prepared {}
  }

  /**
   * Series that a group is about to have.
   *
   * @param job the job of the group, which no other job's groups can collide with
   * @param labelNames the names of the grouping labels, joined; groups with the same names cannot
   *     collide either
   * @param series fingerprints of 16 bytes each
   */
  record Claim(String job, String labelNames, byte[] series) {}

  /** The answer to an update whose series another node's group has. */
  byte[] refusal(Update update, String reason);

  /** The versions of a state's group, for those who look for the newest. */
  Version newest(byte[] state);

  /**
   * Makes the state of a group the union of what is here and what this node made of it. A group
   * that is not here, and was purged or wiped since the state was made, stays away.
   */
  Merged merge(State state);

  /**
   * The same with a state that another node sent. One of a group that is not here is passed over if
   * it is at or below the horizon of its slot, and that of the other node is lower; so is a
   * tombstone at or below the horizon, from any sender.
   *
   * @param sendersHorizons of a slot, as it was when the sender looked at the group; {@link
   *     Version#NEVER} where that is not known
   */
  Merged merge(byte[] state, IntFunction<Version> sendersHorizons);

  /**
   * Why states that come to be or grow cannot be stored just now, or could not a moment ago; empty
   * if they can. Returns at once.
   */
  Optional<String> whyFull();

  /** What became of a merge. */
  sealed interface Merged {
    /** It is stored, and visible to all who may see the group. */
    record Done() implements Merged {}

    /**
     * It is merged, but the store has something of the group that counts as newer than all of the
     * state, which has to be of that epoch or a later one.
     */
    record Overtaken(long epoch) implements Merged {}

    /** The group was purged, and nothing was changed. */
    record Purged() implements Merged {}

    /** The state names a shape that is not known here: send the group whole first. */
    record ShapeMissing() implements Merged {}

    /** It could not be stored, and nothing was changed. */
    record Refused(String reason) implements Merged {}
  }

  /** The whole state of a group with its shape, so that any node can merge it; empty if unknown. */
  Optional<byte[]> wholeState(byte[] key);

  /**
   * For each of {@link HashRing#SLOTS} slots a number that is equal on two nodes if they hold the
   * same groups with the same content; 0 for an empty slot. Tombstones count, but for those at or
   * below the horizon.
   */
  long[] digests();

  /** What counts for the digests of those slots, in no promised order. */
  List<Entry> entries(IntPredicate slots);

  /**
   * A group and a hash of its content.
   *
   * @param key as the store encodes keys
   * @param newest the newest version of all that happened to the group
   */
  record Entry(byte[] key, long hash, Version newest) {}

  /** The horizon of each slot. */
  List<Version> horizons();

  /**
   * The newest version of the tombstones in each slot that has some older than that, by the clock
   * of their versions.
   *
   * @param mostSlots how many slots are named at most
   */
  Map<Integer, Version> purgeable(IntPredicate slots, long beforeMillis, int mostSlots);

  /**
   * Raises horizons, and forgets what was purged by that: the tombstones at or below, and such
   * groups as are not spared. A horizon that is higher stays.
   *
   * <p>The caller has all that there is of the slots: it leads them, or has just fetched what the
   * node with these horizons has. May take long.
   *
   * @param spared told of a group at or below its horizon that exists: true if the node that has
   *     had that horizon has the group
   * @return how many groups were forgotten
   */
  int raise(Map<Integer, Version> horizons, Predicate<byte[]> spared);

  /**
   * Forgets whatever the slots hold at or below those versions, deleted or not, with its history,
   * and raises the horizons of the slots to them. So no state of before comes back from a node that
   * has missed it.
   *
   * <p>The caller is the leader of the slots, or was asked by it, and the versions are newer than
   * all that the leader gave before. May take long.
   *
   * @return how many groups were forgotten that existed; empty if the horizons could not be made
   *     safe, so that what is gone may come back
   */
  OptionalInt wipe(Map<Integer, Version> versions);

  /**
   * How much there is of each slot: its groups, deleted ones as well, and one more if it has a
   * horizon; 0 for a slot of which nothing is here.
   */
  int[] sizes();

  /**
   * Forgets those groups, deleted or not, with their history, if they are as they were; and that
   * anything was purged from the slots, as that would be said of what is forgotten, too. Leaves a
   * slot alone whose horizon is not that any more, and a deleted group that still has history.
   *
   * <p>The caller should hold none of the slots, and has made sure that those have all of it that
   * should. May take long.
   *
   * @param horizons of the slots, as they were before the look at the groups
   * @return how many groups were forgotten
   */
  int forget(Map<Integer, Version> horizons, List<Entry> groups);

  /**
   * What is lacking of the history of a group that exists: what was pushed before all that is here.
   *
   * @param deletedAt when the group was last deleted or wiped; what was pushed before is not
   *     lacking
   * @param beforeMillis when the oldest push was that is here
   */
  record Lack(byte[] key, Version deletedAt, long beforeMillis) {}

  /** What is lacking of the groups in those slots; nothing if no history is kept here. */
  List<Lack> lacks(IntPredicate slots);

  /**
   * When the newest of the pushes was that are here and lacking there, as far as can be told
   * without a look at them; {@link Long#MIN_VALUE} without any. May be wrong about what is too old.
   */
  long offer(Lack lack);

  /**
   * Some of those pushes, as pages, the newest first: those that begin within that many bytes, or
   * fewer.
   */
  List<byte[]> history(Lack lack, int mostBytes);

  /**
   * Takes such pages into the history of a group, which is the same with them and older. Passes
   * over what is damaged, is of another group, is too old to be kept or is here already; and all of
   * it if the group was deleted or wiped meanwhile. May take long.
   */
  Adopted adopt(Lack lack, List<byte[]> pages);

  /**
   * What became of pages.
   *
   * @param bytes that were taken
   * @param left what is lacking now, if any may be taken
   * @param isFull true if there is no room for more
   */
  record Adopted(long bytes, Optional<Lack> left, boolean isFull) {}

  /** The names of grouping labels, joined, of each group of the job that is here. */
  List<String> labelNamesOf(String job);

  /** The group of another set of label names that has one of the claimed series; empty if none. */
  Optional<String> collision(Claim claim);
}
