package io.silverback.cluster.agree;

import io.silverback.cluster.Clock;
import io.silverback.cluster.View;
import io.silverback.cluster.View.Seat;
import io.silverback.cluster.Wish;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What operators want of the next views: the newest wish of each kind for each member, for a few
 * seconds. Who wants more than that asks again. Belongs to the loop.
 */
final class Wishes {
  private static final long REMEMBERED_NANOS = 10_000_000_000L;

  private final Clock clock;
  private final Map<String, Wished> wishes = new LinkedHashMap<>();

  private record Wished(Wish wish, long nanos) {}

  Wishes(Clock clock) {
    this.clock = clock;
  }

  /** Remembers a wish that a view can grant; one for an unknown member is passed over. */
  void add(View view, Wish wish) {
    switch (wish) {
      case Wish.Drain(var nodeId, _) -> add(view, nodeId, "drain " + nodeId, wish);
      case Wish.Lead(var nodeId) -> add(view, nodeId, "lead " + nodeId, wish);
      case Wish.Rebalance() -> wishes.put("rebalance", new Wished(wish, clock.nanoTime()));
      case Wish.Forget _, Wish.Repair _ -> {}
    }
  }

  private void add(View view, String nodeId, String what, Wish wish) {
    if (view.members().stream().anyMatch(member -> member.nodeId().equals(nodeId))) {
      wishes.put(what, new Wished(wish, clock.nanoTime()));
    }
  }

  /** The view that grants the first wish which is not granted yet. */
  Optional<View> granted(View view) {
    long now = clock.nanoTime();
    wishes.values().removeIf(each -> now - each.nanos() > REMEMBERED_NANOS);
    return wishes.values().stream()
        .flatMap(each -> granted(view, each.wish()).stream())
        .findFirst();
  }

  private static Optional<View> granted(View view, Wish wish) {
    return switch (wish) {
      case Wish.Drain(var nodeId, var drain) ->
          seat(view, nodeId)
              .filter(seat -> seat.drain() != drain)
              // It hands over even more.
              .filter(seat -> seat.drain() != View.Drain.ALL || drain != View.Drain.LEADERSHIP)
              .map(seat -> ViewPlanner.draining(view, seat.member(), drain));
      case Wish.Lead(var nodeId) ->
          seat(view, nodeId)
              .filter(seat -> !seat.mayLead() && seat.returns() == 0)
              .map(seat -> ViewPlanner.withLeader(view, seat.member()));
      case Wish.Rebalance() ->
          view.seats().stream().allMatch(Seat::mayLead)
              ? Optional.empty()
              : Optional.of(ViewPlanner.withAllLeaders(view));
      case Wish.Forget _, Wish.Repair _ -> Optional.empty();
    };
  }

  private static Optional<Seat> seat(View view, String nodeId) {
    return view.seats().stream().filter(seat -> seat.member().nodeId().equals(nodeId)).findFirst();
  }
}
