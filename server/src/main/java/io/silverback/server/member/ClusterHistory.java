package io.silverback.server.member;

import io.silverback.cluster.node.ClusterNode;
import io.silverback.server.memory.MemoryPool;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import io.silverback.server.storage.OrderedHistorySink;
import io.silverback.server.storage.QueryBudget;
import io.silverback.server.storage.SnapshotRefusedException;
import io.silverback.server.storage.StoreNotReadyException;
import io.silverback.server.storage.pages.SampleTable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The history that all members have, read from all of them side by side. Thread-safe.
 *
 * <p>A member has the rows that it got as an owner, so one that joined late has a part of them, and
 * one that owns a slot no more may have others still. Which of them has what nobody knows: so each
 * member of the view is asked, and each must answer to the end.
 */
final class ClusterHistory {
  /** The deadline of the query comes first; a member that is silent is noticed before that. */
  private static final Duration LONGEST = Duration.ofHours(1);

  private static final int MOST_SAMPLES = Integer.MAX_VALUE / SampleTable.SAMPLE_LENGTH;

  private final ClusterNode node;
  private final MemoryPool memory;

  /**
   * The history of the members of the node's view.
   *
   * @param memory what the pieces take from that are read
   */
  ClusterHistory(ClusterNode node, MemoryPool memory) {
    this.node = node;
    this.memory = memory;
  }

  /**
   * Hands over each series that matches, with each sample that a member has of it once. Members
   * that do not answer are passed over if the others hold all that they hold.
   *
   * @throws StoreNotReadyException if a member does not answer that is needed; names it
   * @throws SnapshotRefusedException if there is no memory to read the pieces with
   */
  void read(HistoryQuery query, QueryBudget budget, HistorySink sink) throws IOException {
    read(ServerQuestion.History.of(query), LONGEST, budget, OrderedHistorySink.of(sink));
  }

  /**
   * The same of what another question begins a stream of.
   *
   * @param longest how long a member may take for a piece
   */
  void read(ServerQuestion question, Duration longest, QueryBudget budget, OrderedHistorySink sink)
      throws IOException {
    long deadline = System.nanoTime() + longest.toNanos();
    try (MemoryPool.Lease lease = memory.lease()) {
      List<RemoteStream> streams =
          MemberQuestions.storing(node).stream()
              .map(member -> new RemoteStream(node, member, question, deadline, longest))
              .toList();
      try {
        PieceStream.take(lease, streams.size());
        List<HistoryPieces> members =
            begun(streams).stream()
                .map(
                    stream ->
                        new HistoryPieces(stream::next, () -> Asked.senseless(stream.member())))
                .toList();
        merge(members, budget, sink);
      } finally {
        streams.forEach(RemoteStream::abandon);
      }
    }
  }

  private List<RemoteStream> begun(List<RemoteStream> streams) {
    var begun = new ArrayList<RemoteStream>();
    Optional<StoreNotReadyException> failure = Optional.empty();
    for (RemoteStream stream : streams) {
      try {
        stream.awaitBegin();
        begun.add(stream);
      } catch (StoreNotReadyException e) {
        failure = failure.or(() -> Optional.of(e));
      }
    }
    if (failure.isPresent()
        && !node.isAllHeldBy(begun.stream().map(RemoteStream::member).toList())) {
      throw failure.get();
    }
    return begun;
  }

  /** Hands over the series of all members. */
  static void merge(List<HistoryPieces> members, QueryBudget budget, OrderedHistorySink sink)
      throws IOException {
    try (var samples = new SampleTable(budget)) {
      while (true) {
        budget.goOn();
        Optional<HistoryPieces.Place> smallest =
            members.stream()
                .flatMap(member -> member.place().stream())
                .min(Comparator.naturalOrder());
        if (smallest.isEmpty()) {
          return;
        }
        HistoryPieces.Place place = smallest.get();
        List<HistoryPieces> holders =
            members.stream()
                .filter(member -> member.place().filter(at -> at.compareTo(place) == 0).isPresent())
                .toList();
        unite(holders, samples);
        sink.group(place.key());
        sink.series(place.family(), place.name(), place.labels(), samples.of(0));
        holders.forEach(HistoryPieces::nextSeries);
      }
    }
  }

  /**
   * Gathers the samples of one series. Of two of the same time the first member's counts, and
   * members are in the same order everywhere.
   */
  private static void unite(List<HistoryPieces> holders, SampleTable samples) throws IOException {
    long most = holders.stream().mapToLong(HistoryPieces::count).sum();
    if (most > MOST_SAMPLES) {
      throw new StoreNotReadyException(
          "a series has too many samples for one answer, ask for less time: samples=" + most);
    }
    samples.start(1, (int) most);
    while (true) {
      Optional<HistoryPieces> first = Optional.empty();
      for (HistoryPieces holder : holders) {
        if (holder.hasSample()
            && (first.isEmpty() || holder.timeMillis() < first.get().timeMillis())) {
          first = Optional.of(holder);
        }
      }
      if (first.isEmpty()) {
        return;
      }
      long timeMillis = first.get().timeMillis();
      samples.add(0, timeMillis, first.get().value());
      for (HistoryPieces holder : holders) {
        if (holder.hasSample() && holder.timeMillis() == timeMillis) {
          holder.nextSample();
        }
      }
    }
  }
}
