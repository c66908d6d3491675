package io.silverback.server.member;

import io.silverback.cluster.GiveUpOutcome;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import io.silverback.cluster.Wish;
import io.silverback.cluster.node.ClusterNode;
import io.silverback.server.handler.ClusterInfo.Part;
import io.silverback.server.handler.ClusterInfo.Standing;
import io.silverback.server.handler.ClusterInfo.Word;
import io.silverback.server.handler.ClusterOrders;
import io.silverback.server.handler.ClusterOrders.Outcome.Done;
import io.silverback.server.handler.ClusterOrders.Outcome.GivenUp;
import io.silverback.server.handler.ClusterOrders.Outcome.Pending;
import io.silverback.server.handler.ClusterOrders.Outcome.Refused;
import io.silverback.server.handler.ClusterOrders.Outcome.Unknown;
import io.silverback.server.handler.ClusterOrders.Outcome.Unsettled;
import io.silverback.server.storage.StoreNotReadyException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * Brings what operators want to the cluster, and waits until its view shows it. Thread-safe.
 *
 * <p>A wish may be lost, and is the same if it comes twice: so it is told again each second.
 */
final class ClusterWishes implements ClusterOrders {
  /** The node says at once what it makes of an order. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** A new leader of slots says a moment later which copies they lack. */
  private static final Duration SETTLES = Duration.ofSeconds(1);

  private final ClusterNode node;
  private final ClusterReport report;

  ClusterWishes(ClusterNode node, ClusterReport report) {
    this.node = node;
    this.report = report;
  }

  @Override
  public Outcome drain(String nodeId, Duration patience) {
    View view = view();
    Optional<View.Seat> seat = seat(view, nodeId);
    if (seat.isEmpty()) {
      return unknown(view);
    }
    if (view.seats().stream().noneMatch(other -> !isNamed(other, nodeId) && isHolder(other))) {
      return new Refused(
          "no other member could hold the groups, add a node or undrain one first: node_id="
              + nodeId);
    }
    return await(
        patience,
        new Wish.Drain(nodeId, View.Drain.ALL),
        () -> isDrain(nodeId, View.Drain.ALL),
        () -> isEmpty(nodeId),
        SETTLES,
        () -> left(nodeId));
  }

  /** True for a member that may be given groups. */
  private static boolean isHolder(View.Seat seat) {
    return !seat.member().voterOnly() && seat.drain() == View.Drain.NONE;
  }

  private boolean isDrain(String nodeId, View.Drain drain) {
    return seat(view(), nodeId).filter(seat -> seat.drain() != drain).isEmpty();
  }

  /**
   * True if the member leads nothing, and all that answer say that no copy is missing, nor history
   * that it may be the only one to have.
   */
  private boolean isEmpty(String nodeId) {
    return slotsLed(nodeId) == 0 && left(nodeId).waitingFor().isEmpty();
  }

  private int slotsLed(String nodeId) {
    View view = view();
    return seat(view, nodeId).map(seat -> view.slots().countOf(seat.member())).orElse(0);
  }

  private Pending left(String nodeId) {
    Standing standing = report.standing();
    int lacking = sum(standing, Word::underReplicated);
    int moving = sum(standing, Word::movingHistory);
    int led = slotsLed(nodeId);
    var missing = new ArrayList<String>();
    if (!isDrain(nodeId, View.Drain.ALL)) {
      missing.add("the members have yet to agree on the drain");
    } else if (led > 0) {
      missing.add("node " + nodeId + " leads slots still: slots=" + led);
    }
    if (!missing.isEmpty() || lacking > 0 || moving > 0 || !othersServe(standing, nodeId)) {
      missing.addAll(standing.waitingFor());
    }
    return new Pending(led, lacking, missing);
  }

  private static int sum(Standing standing, ToIntFunction<Word> count) {
    return standing.parts().stream().flatMap(part -> part.word().stream()).mapToInt(count).sum();
  }

  /** True if all others know the view of this node and show what it says they lead. */
  private static boolean othersServe(Standing standing, String nodeId) {
    return standing.parts().stream()
        .filter(part -> !part.member().nodeId().equals(nodeId))
        .map(Part::word)
        .allMatch(
            word ->
                word.filter(said -> said.epoch() == standing.epoch() && said.takingOver() == 0)
                    .isPresent());
  }

  @Override
  public Outcome undrain(String nodeId, Duration patience) {
    View view = view();
    return seat(view, nodeId).isEmpty()
        ? unknown(view)
        : await(
            patience,
            new Wish.Drain(nodeId, View.Drain.NONE),
            () -> isDrain(nodeId, View.Drain.NONE),
            () -> true,
            Duration.ZERO,
            this::unsettled);
  }

  @Override
  public Outcome forget(String nodeId, Duration patience) {
    View view = view();
    Optional<Member> member = seat(view, nodeId).map(View.Seat::member);
    if (member.isEmpty()) {
      return view.removed().stream().anyMatch(gone -> gone.member().nodeId().equals(nodeId))
          ? new Done()
          : unknown(view);
    }
    if (report.answers(member.get())) {
      return new Refused(
          "the member is running, drain it and stop it first, and it will leave: node_id="
              + nodeId);
    }
    return await(
        patience,
        new Wish.Forget(nodeId),
        () -> !view().has(member.get()),
        () -> true,
        Duration.ZERO,
        this::unsettled);
  }

  @Override
  public Outcome giveUp(String nodeId, Duration patience) {
    // Where no majority is reached, this is what helps.
    View view = MemberQuestions.view(node);
    Optional<Member> member = seat(view, nodeId).map(View.Seat::member);
    if (member.isEmpty()) {
      return view.removed().stream().anyMatch(gone -> gone.member().nodeId().equals(nodeId))
          ? new GivenUp(true, List.of(), List.of())
          : unknown(view);
    }
    var answer = new CompletableFuture<GiveUpOutcome>();
    node.giveUp(nodeId, answer::complete);
    try {
      return switch (answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS)) {
        case GiveUpOutcome.Refused(var reason) -> new Refused(reason);
        case GiveUpOutcome.Incomplete(var unheard) ->
            new GivenUp(
                false,
                unheard.stream()
                    .map(
                        other ->
                            "node "
                                + other.nodeId()
                                + " votes and is not heard either, give it up, too, on this node")
                    .toList(),
                risks(view, List.of(member.get())));
        case GiveUpOutcome.Accepted(var lost) ->
            awaitFounded(patience, member.get(), risks(view, lost));
      };
    } catch (ExecutionException | TimeoutException _) {
      return unsettled();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return unsettled();
    }
  }

  private Outcome awaitFounded(Duration patience, Member lost, List<String> risks) {
    long start = System.nanoTime();
    while (view().has(lost)) {
      if (System.nanoTime() - start >= patience.toNanos() || !pause()) {
        return new GivenUp(
            false, List.of("this node waits until every lease is over, and founds again"), risks);
      }
    }
    return new GivenUp(true, List.of(), risks);
  }

  private List<String> risks(View view, List<Member> lost) {
    long holders = lost.stream().filter(member -> !member.voterOnly()).count();
    String pushes =
        holders >= report.copies()
            ? "pushes that were acknowledged and that only lost nodes hold are gone: copies="
                + report.copies()
                + " lost="
                + holders
            : "no acknowledged push is gone if all others have their disks: copies="
                + report.copies()
                + " lost="
                + holders;
    return List.of(
        pushes,
        "a lost node that still runs somewhere shows its groups until it hears of this cluster: end"
            + " it for good",
        "one that comes back joins as a new node, and of each group the newest state wins, by the"
            + " epochs of this cluster: epoch="
            + view.epoch());
  }

  @Override
  public void repair() {
    view();
    node.wish(new Wish.Repair());
  }

  @Override
  public void rebalance() {
    view();
    node.wish(new Wish.Rebalance());
  }

  /**
   * Tells the wish until it is agreed on, and then waits until it is carried out.
   *
   * @param held how long that has to be so
   * @param otherwise made when the time is over
   */
  private Outcome await(
      Duration patience,
      Wish wish,
      Supplier<Boolean> isAgreed,
      Supplier<Boolean> isDone,
      Duration held,
      Supplier<Outcome> otherwise) {
    long start = System.nanoTime();
    long told = start - AGAIN.toNanos();
    long undone = start;
    while (true) {
      boolean isUndone = !isAgreed.get() || !isDone.get();
      long now = System.nanoTime();
      if (isUndone) {
        undone = now;
      } else if (now - undone >= held.toNanos()) {
        return new Done();
      }
      if (!isAgreed.get() && now - told >= AGAIN.toNanos()) {
        told = now;
        node.wish(wish);
      }
      if (now - start >= patience.toNanos() || !pause()) {
        return otherwise.get();
      }
    }
  }

  /** False if the server ends. */
  private static boolean pause() {
    try {
      Thread.sleep(LOOK);
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Outcome unsettled() {
    return new Unsettled(
        node.whyNotReady().orElse("the members have not agreed on it in time")
            + ", try again later");
  }

  private View view() {
    if (node.fresh().isPresent()) {
      throw new StoreNotReadyException(
          "this server reaches no majority that could agree on it, try another one");
    }
    return MemberQuestions.view(node);
  }

  private static Optional<View.Seat> seat(View view, String nodeId) {
    return view.seats().stream().filter(seat -> isNamed(seat, nodeId)).findFirst();
  }

  private static boolean isNamed(View.Seat seat, String nodeId) {
    return seat.member().nodeId().equals(nodeId);
  }

  private static Outcome unknown(View view) {
    return new Unknown(view.members().stream().map(Member::nodeId).toList());
  }
}
