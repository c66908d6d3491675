package io.silverback.cluster;

/**
 * What an operator wants of a cluster. Told to all members, since any of them may be the one that
 * proposes views; it may be lost, and asking again does no harm.
 */
public sealed interface Wish {
  /**
   * A member is to hand over what it leads, or all that it holds.
   *
   * @param drain {@link View.Drain#NONE} to take an earlier wish back
   */
  record Drain(String nodeId, View.Drain drain) implements Wish {}

  /** A member that is not heard is to be no member any more, however short its silence. */
  record Forget(String nodeId) implements Wish {}

  /**
   * A member that came is scraped, so that what it leads will be seen. Wished by the node itself.
   */
  record Lead(String nodeId) implements Wish {}

  /** Members that came back may lead now, whether or not they have stayed for long enough. */
  record Rebalance() implements Wish {}

  /** All leaders are to compare their slots with the other owners soon. */
  record Repair() implements Wish {}
}
