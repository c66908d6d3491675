package io.silverback.cluster.agree;

import static io.silverback.cluster.NotedStore.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.AskClaim;
import io.silverback.cluster.message.PeerMessage.ClaimAnswer;
import io.silverback.cluster.message.PeerMessage.ClaimAnswer.Verdict;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.push.Claims;
import io.silverback.cluster.slots.Led;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the home of a job granted once for all, and when that ends. */
final class GrantedForAllTest {
  private static final Claim CLAIM = new Claim("job", "instance", new byte[16]);

  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final HandPorts hand = new HandPorts();
  private final List<PeerMessage> posted = new ArrayList<>();
  private final Requests requests = new Requests(hand.time, (_, message) -> posted.add(message));
  private final Claims claims =
      new Claims(
          a,
          ClusterConfig.standard(2),
          hand.with(new NotedStore()),
          requests,
          new Led(a, () -> 0),
          (_, message) -> posted.add(message));
  private final List<Verdict> verdicts = new ArrayList<>();

  @Test
  void theHomeIsAskedOnceWhereAJobHasOneSetOfLabelNames() {
    claims.enter(view(0));
    claim(view(0));
    answer();
    claim(view(0));
    assertEquals(1, posted.size());
    assertEquals(List.of(Verdict.GRANTED_ALL, Verdict.GRANTED_ALL), verdicts);
  }

  /** While it was no member, the home granted other sets without asking it. */
  @Test
  void aNodeThatWasRemovedMeanwhileAsksAgain() {
    claims.enter(view(0));
    claim(view(0));
    answer();
    claims.enter(view(1));
    claim(view(1));
    assertEquals(2, posted.size());
  }

  @Test
  void anAnswerFromBeforeItWasRemovedDoesNotCount() {
    claims.enter(view(0));
    claim(view(0));
    claims.enter(view(1));
    answer();
    assertEquals(List.of(Verdict.RETRY), verdicts);
  }

  /** Node {@code b} leads the slot of the job all the time; the other one came back that often. */
  private View view(int returns) {
    SlotTable slots = SlotTable.EMPTY.with(1, _ -> Optional.of(b));
    return new View(
        1 + 2L * returns,
        7,
        List.of(new View.Seat(a, true, true, returns), new View.Seat(b, true, true, 0)),
        List.of(),
        slots);
  }

  private void claim(View view) {
    claims.claim(view, bytes("group"), CLAIM, (verdict, _) -> verdicts.add(verdict));
  }

  private void answer() {
    var asked = (AskClaim) posted.getLast();
    requests.answered(new ClaimAnswer(asked.id(), asked.epoch(), Verdict.GRANTED_ALL, ""));
  }
}
