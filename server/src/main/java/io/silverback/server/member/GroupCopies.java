package io.silverback.server.member;

import io.silverback.cluster.Member;
import io.silverback.codec.model.Version;
import io.silverback.server.handler.ClusterInfo;
import io.silverback.server.storage.replica.OffHeapReplicaStore.Copy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the owners of a group have of it.
 *
 * @param owners in the order of the answers
 * @param answers empty where none came
 */
record GroupCopies(List<Member> owners, List<Optional<ServerAnswer>> answers) {
  private static final int CLOCK_COUNTER_BITS = 16;

  /** Each copy, compared with that of the leader; without one, with the newest of them. */
  List<ClusterInfo.Copy> comparedWith(Optional<Member> leader) {
    Optional<Copy> newest =
        answers.stream()
            .flatMap(answer -> copy(answer).stream())
            .reduce((one, other) -> other.newest().isAfter(one.newest()) ? other : one);
    Optional<ServerAnswer.Had> ofLeader =
        leader
            .map(owners::indexOf)
            .filter(index -> index >= 0)
            .flatMap(answers::get)
            .flatMap(GroupCopies::had);
    Optional<Copy> right = ofLeader.isPresent() ? ofLeader.get().copy() : newest;
    var copies = new ArrayList<ClusterInfo.Copy>();
    for (int i = 0; i < owners.size(); i++) {
      Optional<Copy> copy = copy(answers.get(i));
      boolean answered = answers.get(i).flatMap(GroupCopies::had).isPresent();
      copies.add(
          new ClusterInfo.Copy(
              owners.get(i).nodeId(),
              answered,
              copy.filter(Copy::exists).isPresent(),
              copy.map(Copy::newest).map(GroupCopies::text).orElse(""),
              answered && copy.map(Copy::hash).equals(right.map(Copy::hash)),
              copy.map(each -> secondsBetween(each, newest)).orElse(0.0)));
    }
    return copies;
  }

  private static Optional<Copy> copy(Optional<ServerAnswer> answer) {
    return answer.flatMap(GroupCopies::had).flatMap(ServerAnswer.Had::copy);
  }

  private static Optional<ServerAnswer.Had> had(ServerAnswer answer) {
    return answer instanceof ServerAnswer.Had had ? Optional.of(had) : Optional.empty();
  }

  private static double secondsBetween(Copy copy, Optional<Copy> newest) {
    long last = newest.map(each -> millis(each.newest())).orElse(0L);
    return Math.max(0, last - millis(copy.newest())) / 1e3;
  }

  private static long millis(Version version) {
    return version.clock() >>> CLOCK_COUNTER_BITS;
  }

  /** Texts that sort as the versions of one epoch do, as long as clocks have as many digits. */
  private static String text(Version version) {
    return "%d-%d.%d-%s"
        .formatted(
            version.epoch(),
            millis(version),
            version.clock() & ((1 << CLOCK_COUNTER_BITS) - 1),
            Long.toHexString(version.incarnation()));
  }
}
