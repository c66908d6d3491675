package io.silverback.cluster;

import io.silverback.codec.model.Version;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * The groups of this node, as the cluster sees them: bytes under keys that lie in slots. What the
 * bytes mean is the store's business; that merging two states of a group is commutative,
 * associative and idempotent is its promise.
 *
 * <p>A state is always that of a whole group, never of a part, so it can be merged into anything.
 * Thread-safe. No array that goes in or out is written to afterwards.
 */
public interface ReplicaStore {

  /**
   * Works out what an update makes of its group, and changes nothing. The caller sees to it that no
   * other update of the group is between this call and the {@link #merge} of what comes out.
   *
   * @param update as the server encoded it
   * @param version newer than all that the group has
   */
  Prepared prepare(byte[] update, Version version, long wallMillis);

  /** What an update would do. */
  sealed interface Prepared {
    /** Nothing changes; the answer is for whoever sent the update. */
    record Settled(byte[] answer) implements Prepared {}

    /**
     * The group gets a new state.
     *
     * @param state the whole group afterwards
     * @param claim the series that come to be, if any do
     * @param answer for whoever sent the update, once the state is safe
     */
    record Effect(byte[] state, Optional<Claim> claim, byte[] answer) implements Prepared {}
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
  byte[] refusal(byte[] update, String reason);

  /** The versions of a state's group, for whoever looks for the newest. */
  Version newest(byte[] state);

  /** Makes the state of a group the union of what is here and what came. */
  Merged merge(byte[] state);

  /** What became of a merge. */
  sealed interface Merged {
    /** It is stored, and visible to whoever may see the group. */
    record Done() implements Merged {}

    /** The state names a shape that is not known here: send the group whole first. */
    record ShapeMissing() implements Merged {}

    /** It could not be stored, and nothing was changed. */
    record Refused(String reason) implements Merged {}
  }

  /** The whole state of a group with its shape, so that any node can merge it; empty if unknown. */
  Optional<byte[]> wholeState(byte[] key);

  /**
   * For each of {@link HashRing#SLOTS} slots a number that is equal on two nodes if they hold the
   * same groups with the same content; 0 for an empty slot. Looks at every group.
   */
  long[] digests();

  /** The groups in those slots, deleted ones that are remembered included, in no promised order. */
  List<Entry> entries(IntPredicate slots);

  /**
   * A group and a hash of its content.
   *
   * @param key as the store encodes keys
   */
  record Entry(byte[] key, long hash) {}

  /** The names of grouping labels, joined, of each group of the job that is here. */
  List<String> labelNamesOf(String job);

  /** The group of another set of label names that has one of the claimed series; empty if none. */
  Optional<String> collision(Claim claim);
}
