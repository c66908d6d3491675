package io.silverback.cluster;

/** What an operator wants of the cluster. */
public sealed interface Wish {
  record Drain(String nodeId, View.Drain drain) implements Wish {}

  record Forget(String nodeId) implements Wish {}

  record Rebalance() implements Wish {}

  record Repair() implements Wish {}
}
