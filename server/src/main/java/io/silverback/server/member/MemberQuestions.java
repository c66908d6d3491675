package io.silverback.server.member;

import io.silverback.cluster.Member;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.bytes.MalformedBytesException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

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
   * The answer of each member, in their order: empty if it did not come in time, or is not one that
   * this version understands.
   */
  List<Optional<ServerAnswer>> ask(List<Member> members, ServerQuestion question) {
    byte[] encoded = question.encode();
    List<CompletableFuture<Optional<byte[]>>> answers =
        members.stream().map(member -> ask(member, encoded)).toList();
    long deadline = System.nanoTime() + patience.toNanos();
    return answers.stream().map(answer -> await(answer, deadline)).toList();
  }

  private CompletableFuture<Optional<byte[]>> ask(Member member, byte[] question) {
    var answer = new CompletableFuture<Optional<byte[]>>();
    try {
      node.ask(member, question, answer::complete);
    } catch (RejectedExecutionException _) {
      // This node is overloaded: as if the member had not answered.
      answer.complete(Optional.empty());
    }
    return answer;
  }

  private static Optional<ServerAnswer> await(
      CompletableFuture<Optional<byte[]>> answer, long deadline) {
    try {
      long left = Math.max(0, deadline - System.nanoTime());
      return answer.get(left, TimeUnit.NANOSECONDS).map(ServerAnswer::decode);
    } catch (TimeoutException | MalformedBytesException _) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
