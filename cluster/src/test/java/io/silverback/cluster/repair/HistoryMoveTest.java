package io.silverback.cluster.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.ReplicaStore.Adopted;
import io.silverback.cluster.ReplicaStore.Lack;
import io.silverback.cluster.Rule;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.ViewPlanner;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class HistoryMoveTest {
  private static final Lack LACK = new Lack(NotedStore.bytes("a"), Version.NEVER, 1_000);

  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final View view = ViewPlanner.first(7, List.of(a, b));
  private final HandPorts hand = new HandPorts();
  private final NotedStore store = new NotedStore();
  private final List<PeerMessage> posted = new ArrayList<>();
  private final Requests requests = new Requests(hand.time, (_, message) -> posted.add(message));
  private final Shares shares = new Shares(2);
  private final HistoryMove move =
      new HistoryMove(
          a,
          hand.with(store),
          requests,
          new Led(a, () -> 0),
          shares,
          (_, member) -> member.equals(b),
          EnumSet.noneOf(Rule.class),
          new EventCounts());

  /** It may be full for ever, and nobody should wait for that with what he wants to do next. */
  @Test
  void whatFindsNoRoomWaitsAndDoesNotMove() {
    store.lacks = List.of(LACK);
    shares.enter(view);
    store.adopted = new Adopted(0, Optional.empty(), true);
    move.tick(view);
    assertEquals(move.waiting(), move.moving());
    fetchOnce();
    assertEquals(0, move.moving());
    int waiting = move.waiting();
    assertTrue(waiting > 0);

    // There is room again, which it finds out a while later.
    store.adopted = new Adopted(9, Optional.empty(), false);
    hand.time.pass(5_001);
    posted.clear();
    move.tick(view);
    fetchOnce();
    store.lacks = List.of();
    answerHistory(Long.MIN_VALUE);
    assertTrue(move.waiting() < waiting);
    assertEquals(move.waiting(), move.moving());
  }

  private void fetchOnce() {
    answerHistory(900);
    var pages = (PeerMessage.AskPages) posted.removeFirst();
    requests.answered(new PeerMessage.Pages(pages.id(), List.of(List.of(new byte[9]))));
    hand.time.settle();
  }

  private void answerHistory(long newest) {
    hand.time.settle();
    var asked = (PeerMessage.AskHistory) posted.removeFirst();
    requests.answered(
        new PeerMessage.HistoryKnown(
            asked.id(), Collections.nCopies(asked.lacks().size(), newest)));
    hand.time.settle();
  }
}
