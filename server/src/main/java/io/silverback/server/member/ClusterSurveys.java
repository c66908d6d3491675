package io.silverback.server.member;

import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.codec.model.GroupingKey;
import io.silverback.server.handler.Cardinality;
import io.silverback.server.handler.Clients;
import io.silverback.server.handler.GroupFinder;
import io.silverback.server.handler.HeavyNames;
import io.silverback.server.handler.HeavyNames.Heavy;
import io.silverback.server.handler.JobTotals;
import io.silverback.server.handler.Problems;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.writers.GroupClients;
import io.silverback.server.writers.GroupClients.Client;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of all members of a cluster. Each group counts at the server that shows it, each
 * push at the one that a client sent it to. Thread-safe; each call waits for answers.
 */
final class ClusterSurveys implements JobTotals, GroupFinder, Problems, Clients, Cardinality {
  private final ClusterNode node;
  private final Duration patience;
  private final MemberQuestions questions;

  /**
   * The surveys of all members of the node's view.
   *
   * @param patience how long to wait for each answer that is needed
   * @param shortPatience how long to wait for all of those that are not
   */
  ClusterSurveys(ClusterNode node, Duration patience, Duration shortPatience) {
    this.node = node;
    this.patience = patience;
    this.questions = new MemberQuestions(node, shortPatience);
  }

  /** Sums that are too low at some servers are so by no more than those of one store would be. */
  @Override
  public List<Heavy> heaviest(JobTotals.Order order) {
    var jobs = new HeavyNames(MOST_JOBS);
    int slots = 0;
    for (Asked asked : askAll(new ServerQuestion.Heaviest(order))) {
      if (!(asked.await(patience.toNanos()) instanceof ServerAnswer.Weighed(int shown, var told))) {
        throw Asked.senseless(asked.member());
      }
      slots += shown;
      told.forEach(heavy -> jobs.add(heavy.name(), heavy.sum()));
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

  @Override
  public Ranking rank(Cardinality.Query query) {
    var names = new HeavyNames(MOST_NAMES);
    boolean isExact = true;
    long series = 0;
    int slots = 0;
    for (Asked asked : askAll(new ServerQuestion.Rank(query))) {
      if (!(asked.await(patience.toNanos()) instanceof ServerAnswer.Ranked(int shown, var told))) {
        throw Asked.senseless(asked.member());
      }
      slots += shown;
      isExact &= told.isExact();
      series += told.series();
      told.names().forEach(heavy -> names.add(heavy.name(), heavy.sum()));
    }
    MemberQuestions.requireAll(slots);
    return new Ranking(isExact && names.isExact(), series, names.all());
  }

  /**
   * Each member answers with a page of its own, and the first of all of these rows are the page.
   */
  @Override
  public Page find(GroupFinder.Query query) {
    Comparator<Row> order = query.comparator();
    var rows = new TreeSet<Row>(order);
    Counts counts = Counts.NONE;
    int slots = 0;
    // The last row up to which no member has more.
    @Nullable Row end = null;
    for (Asked asked : askAll(new ServerQuestion.Find(query))) {
      if (!(asked.await(patience.toNanos()) instanceof ServerAnswer.Found(int shown, Page page))
          || (page.isMore() && page.rows().isEmpty())) {
        throw Asked.senseless(asked.member());
      }
      slots += shown;
      counts = counts.plus(page.counts());
      rows.addAll(page.rows());
      if (page.isMore() && (end == null || order.compare(page.rows().getLast(), end) < 0)) {
        end = page.rows().getLast();
      }
    }
    MemberQuestions.requireAll(slots);
    var whole = new ArrayList<>(end == null ? rows : rows.headSet(end, true));
    boolean isMore = end != null || whole.size() > query.most();
    return new Page(whole.subList(0, Math.min(whole.size(), query.most())), isMore, counts);
  }

  @Override
  public Report report() {
    var problems = new ArrayList<Problem>();
    List<String> silent =
        hear(
            new ServerQuestion.Complaints(),
            ServerAnswer.Complained.class,
            told -> problems.addAll(told.problems()));
    problems.sort(Comparator.comparingLong(Problem::millis).reversed());
    return new Report(problems, silent);
  }

  @Override
  public Known clientsOf(GroupingKey key) {
    var clients = new ArrayList<Client>();
    List<String> silent =
        hear(
            new ServerQuestion.Clients(GroupKeys.encode(key)),
            ServerAnswer.Pushing.class,
            told -> clients.addAll(told.clients()));
    return new Known(GroupClients.united(clients), silent);
  }

  /** Asks all members for what is good without one of them, too; the names of those that fail. */
  private <A extends ServerAnswer> List<String> hear(
      ServerQuestion question, Class<A> kind, Consumer<A> told) {
    List<Member> members = node.status().view().map(View::members).orElse(List.of());
    List<Optional<ServerAnswer>> answers = questions.ask(members, question);
    var silent = new ArrayList<String>();
    for (int i = 0; i < members.size(); i++) {
      Optional<A> answer = answers.get(i).filter(kind::isInstance).map(kind::cast);
      answer.ifPresent(told);
      if (answer.isEmpty()) {
        silent.add(members.get(i).nodeId());
      }
    }
    return silent;
  }

  /** Also those that only vote, as clients may push to them. */
  private List<Asked> askAll(ServerQuestion question) {
    return MemberQuestions.view(node).members().stream()
        .map(member -> Asked.ask(node, member, question))
        .toList();
  }
}
