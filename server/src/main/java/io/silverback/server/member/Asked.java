package io.silverback.server.member;

import io.silverback.cluster.Member;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.server.storage.StoreNotReadyException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A question to a member that waits for its answer. */
record Asked(Member member, CompletableFuture<Optional<byte[]>> answer) {

  /** Asks; the answer is empty if the member does not give one in time. */
  static Asked ask(ClusterNode node, Member member, ServerQuestion question) {
    var answer = new CompletableFuture<Optional<byte[]>>();
    try {
      node.ask(member, question.encode(), answer::complete);
    } catch (RejectedExecutionException _) {
      // This node is overloaded: as if the member had not answered.
      answer.complete(Optional.empty());
    }
    return new Asked(member, answer);
  }

  /**
   * Waits for the answer.
   *
   * @throws StoreNotReadyException if none comes in time, or one that helps nobody
   */
  ServerAnswer await(long nanos) {
    try {
      Optional<byte[]> came = answer.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
      if (came.isPresent()) {
        ServerAnswer told = ServerAnswer.decode(came.get());
        if (told instanceof ServerAnswer.Withheld(var reason)) {
          if (reason.startsWith(ServerQuestion.UNKNOWN)) {
            throw new StoreNotReadyException(
                "a member of the cluster does not know this question yet, let all run the same"
                    + " version: member="
                    + member.nodeId());
          }
          throw new StoreNotReadyException(reason + ", try again later: member=" + member.nodeId());
        }
        return told;
      }
    } catch (TimeoutException _) {
      // Told below.
    } catch (MalformedBytesException e) {
      throw senseless(member);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new StoreNotReadyException(
        "a member of the cluster does not answer, try again later: member=" + member.nodeId());
  }

  static StoreNotReadyException senseless(Member member) {
    return new StoreNotReadyException(
        "a member of the cluster answers what this version does not understand, let all run the"
            + " same: member="
            + member.nodeId());
  }
}
