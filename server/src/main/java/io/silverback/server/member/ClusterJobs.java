package io.silverback.server.member;

import io.silverback.cluster.node.ClusterNode;
import io.silverback.server.handler.HeavyJobs;
import io.silverback.server.handler.HeavyJobs.Heavy;
import io.silverback.server.handler.JobTotals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/**
 * What jobs have and do in the whole cluster: each group counts at the server that shows it, each
 * push at the one that a client sent it to. Thread-safe; each call waits for answers.
 */
final class ClusterJobs implements JobTotals {
  private final ClusterNode node;
  private final Duration patience;

  /**
   * The jobs of all members of the node's view.
   *
   * @param patience how long to wait for each answer
   */
  ClusterJobs(ClusterNode node, Duration patience) {
    this.node = node;
    this.patience = patience;
  }

  /** Sums that are too low at some servers are so by no more than those of one store would be. */
  @Override
  public List<Heavy> heaviest(Order order) {
    var jobs = new HeavyJobs(MOST_JOBS);
    int slots = 0;
    for (Asked asked : askAll(new ServerQuestion.Heaviest(order))) {
      if (!(asked.await(patience.toNanos()) instanceof ServerAnswer.Weighed(int shown, var told))) {
        throw Asked.senseless(asked.member());
      }
      slots += shown;
      told.forEach(heavy -> jobs.add(heavy.job(), heavy.sum()));
    }
    MemberQuestions.requireAll(slots);
    return jobs.all();
  }

  @Override
  public List<Totals> totals(Collection<String> jobs) {
    var sums = new ArrayList<Totals>(Collections.nCopies(jobs.size(), Totals.NONE));
    int slots = 0;
    for (Asked asked : askAll(new ServerQuestion.Jobs(List.copyOf(jobs)))) {
      if (!(asked.await(patience.toNanos()) instanceof ServerAnswer.Summed(int shown, var told))
          || told.size() != sums.size()) {
        throw Asked.senseless(asked.member());
      }
      slots += shown;
      for (int i = 0; i < told.size(); i++) {
        sums.set(i, sums.get(i).plus(told.get(i)));
      }
    }
    MemberQuestions.requireAll(slots);
    return sums;
  }

  /** Also those that only vote, as clients may push to them. */
  private List<Asked> askAll(ServerQuestion question) {
    return MemberQuestions.view(node).members().stream()
        .map(member -> Asked.ask(node, member, question))
        .toList();
  }
}
