package io.silverback.server.member;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.server.storage.StoreNotReadyException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Asks several members the same thing at once, and waits for all of them together for a bounded
 * time. Thread-safe.
 */
final class MemberQuestions {
  private final ClusterNode node;
  private final Duration patience;

  /**
   * The questions of a node.
   *
   * @param patience how long to wait for the answers
   */
  MemberQuestions(ClusterNode node, Duration patience) {
    this.node = node;
    this.patience = patience;
  }

  /**
   * The newest view that the node knows.
   *
   * @throws StoreNotReadyException before there is one
   */
  static View view(ClusterNode node) {
    return node.status()
        .view()
        .orElseThrow(
            () -> new StoreNotReadyException("the cluster has not formed yet, try again later"));
  }

  /** The members of that view which may have groups. */
  static List<Member> storing(ClusterNode node) {
    return view(node).members().stream().filter(member -> !member.voterOnly()).toList();
  }

  /**
   * Refuses an answer that misses groups, or has some twice.
   *
   * @param slots how many all members together show
   */
  static void requireAll(int slots) {
    if (slots != HashRing.SLOTS) {
      throw new StoreNotReadyException(
          "not every slot has a leader now, try again later: led="
              + slots
              + " slots="
              + HashRing.SLOTS);
    }
  }

  /**
   * The answer of each member, in their order: empty if it did not come in time, is a refusal, or
   * is not one that this version understands.
   */
  List<Optional<ServerAnswer>> ask(List<Member> members, ServerQuestion question) {
    List<Asked> asked = members.stream().map(member -> Asked.ask(node, member, question)).toList();
    long deadline = System.nanoTime() + patience.toNanos();
    return asked.stream().map(each -> await(each, deadline)).toList();
  }

  private static Optional<ServerAnswer> await(Asked asked, long deadline) {
    try {
      return Optional.of(asked.await(deadline - System.nanoTime()));
    } catch (StoreNotReadyException _) {
      return Optional.empty();
    }
  }
}
