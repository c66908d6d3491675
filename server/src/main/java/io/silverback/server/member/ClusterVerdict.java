package io.silverback.server.member;

import io.silverback.cluster.HashRing;
import io.silverback.server.handler.ClusterInfo.Part;
import io.silverback.server.handler.ClusterInfo.Word;
import java.util.ArrayList;
import java.util.List;

/**
 * What follows from the words of the members: how many more nodes may fail, and whether the next
 * node may be touched. Pure.
 *
 * <p>A member that did not answer counts as failed. So each number is one that holds, and never one
 * that is only likely.
 */
final class ClusterVerdict {
  private final long epoch;
  private final boolean refusedMeansDead;
  private final List<Part> parts;

  /**
   * That of the members of a view.
   *
   * @param epoch of the view
   * @param refusedMeansDead true if one of two voters goes on alone once the other is dead
   */
  ClusterVerdict(long epoch, boolean refusedMeansDead, List<Part> parts) {
    this.epoch = epoch;
    this.refusedMeansDead = refusedMeansDead;
    this.parts = List.copyOf(parts);
  }

  /** How many more nodes may fail now without the loss of an acknowledged push. */
  int losable() {
    boolean allLeadersAnswer =
        parts.stream().allMatch(part -> part.share().leads() == 0 || part.word().isPresent());
    if (!allLeadersAnswer || unserved() > 0) {
      return 0;
    }
    return parts.stream()
        .flatMap(part -> part.word().stream())
        .filter(word -> word.ledSlots() > 0)
        .mapToInt(word -> Math.max(0, word.fewestCopies() - 1))
        .min()
        .orElse(0);
  }

  /**
   * How many more nodes may fail now and the others still take pushes. Of a pair that is the
   * process of one, not its machine or the way to it: what falls silent may live.
   */
  int stoppable() {
    long voters = parts.stream().filter(part -> part.member().votes()).count();
    long living = parts.stream().filter(this::mayVote).count();
    long holders =
        parts.stream().filter(part -> !part.member().voterOnly() && isThere(part)).count();
    boolean isPair = refusedMeansDead && voters == 2 && living == 2 && allVotersHold();
    long majority = isPair ? 1 : voters / 2 + 1;
    return (int) Math.max(0, Math.min(living - majority, holders - 1));
  }

  /** One that only votes does not go on alone. */
  private boolean allVotersHold() {
    return parts.stream()
        .map(Part::member)
        .noneMatch(member -> member.votes() && member.voterOnly());
  }

  /** True if it would help to agree on a view. */
  private boolean mayVote(Part part) {
    return part.member().votes() && isThere(part) && !hasLateLog(part);
  }

  private boolean hasLateLog(Part part) {
    String name = part.member().nodeId();
    return parts.stream()
        .flatMap(each -> each.word().stream())
        .anyMatch(word -> word.lateLogs().contains(name));
  }

  private static boolean isThere(Part part) {
    return part.word().isPresent();
  }

  private int unserved() {
    int led = parts.stream().flatMap(part -> part.word().stream()).mapToInt(Word::ledSlots).sum();
    return Math.max(0, HashRing.SLOTS - led);
  }

  /**
   * What is missing until the next node may be touched, in sentences.
   *
   * @param waiting the names of nodes that are there and no members
   */
  List<String> waitingFor(List<String> waiting) {
    if (epoch == 0) {
      return List.of("the cluster has not formed yet");
    }
    var missing = new ArrayList<String>();
    for (Part part : parts) {
      part.word()
          .ifPresentOrElse(
              word -> tell(part.member().nodeId(), word, missing),
              () -> missing.add("node " + part.member().nodeId() + " does not answer"));
    }
    for (Part part : parts) {
      List<String> deaf = part.unheardBy(parts);
      if (!deaf.isEmpty()) {
        missing.add(
            "node " + part.member().nodeId() + " is not heard by " + String.join(", ", deaf));
      }
    }
    for (Part part : parts) {
      if (hasLateLog(part)) {
        missing.add(
            "node " + part.member().nodeId() + " does not keep up with the log of the views");
      }
    }
    boolean allAnswer = parts.stream().allMatch(ClusterVerdict::isThere);
    if (allAnswer && unserved() > 0) {
      missing.add("nobody serves some slots: slots=" + unserved() + " of=" + HashRing.SLOTS);
    }
    waiting.forEach(node -> missing.add("node " + node + " waits to become a member"));
    return missing;
  }

  private void tell(String node, Word word, List<String> missing) {
    if (word.epoch() != epoch) {
      missing.add(
          "node %s knows another view than this one: epoch=%d here=%d"
              .formatted(node, word.epoch(), epoch));
    }
    word.whyNotReady()
        .ifPresent(reason -> missing.add("node " + node + " is not ready: " + reason));
    if (word.takingOver() > 0) {
      missing.add("node " + node + " takes slots over: slots=" + word.takingOver());
    }
    if (word.handingOver() > 0) {
      missing.add("node " + node + " hands slots over: slots=" + word.handingOver());
    }
    if (word.underReplicated() > 0) {
      missing.add(
          "node " + node + " leads slots that lack a copy: slots=" + word.underReplicated());
    }
    if (word.movingHistory() > 0) {
      missing.add(
          "node " + node + " fetches older history from the others: slots=" + word.movingHistory());
    }
  }
}
