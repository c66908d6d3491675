package io.silverback.cluster.push;

import static io.silverback.cluster.NotedStore.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.ClaimAnswer.Verdict;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How many jobs a home remembers, and that none of them gets two judges. */
final class JobHomeTest {
  private static final int MOST_JOBS = 10_000;

  private final ClusterConfig config = ClusterConfig.standard(2);
  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final View alone = TestViews.view(1, 7, List.of(a));
  private final View both = TestViews.view(1, 7, List.of(a, b));
  private final HandPorts hand = new HandPorts();
  private final List<PeerMessage> posted = new ArrayList<>();
  private final Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
  private final JobHome home = home();

  private JobHome home() {
    ClusterPorts ports = hand.with(new NotedStore());
    var requests = new Requests(hand.time, this::post);
    return new Claims(a, config, ports, requests, new Led(a, () -> 0), this::post).home();
  }

  private boolean post(Member to, PeerMessage message) {
    assertEquals(b, to);
    return posted.add(message);
  }

  @Test
  void grantsOfWhichNobodySaysThatTheyAreSettledAreForgotten() {
    fill();
    assertEquals(MOST_JOBS, home.size());
    hand.time.pass(config.pushBudget().plus(config.lease()).toMillis() + 1);
    judge(alone, "another", "instance");
    assertEquals(MOST_JOBS, home.size());
  }

  @Test
  void aJobHasOneJudgeHoweverManyJobsThereAre() {
    fill();
    judge(both, "another", "instance");
    judge(both, "another", "instance,zone");
    assertEquals(1, posted.size(), posted::toString);
  }

  /** All with groups of two sets of label names, one of which has been granted its series. */
  private void fill() {
    for (int i = 0; i < MOST_JOBS; i++) {
      judge(alone, "job-" + i, "instance");
      judge(alone, "job-" + i, "instance,zone");
    }
    assertEquals(Map.of(Verdict.GRANTED_ALL, MOST_JOBS, Verdict.GRANTED, MOST_JOBS), verdicts);
  }

  private void judge(View view, String job, String labelNames) {
    home.judge(
        view,
        1,
        bytes(job + labelNames),
        new Claim(job, labelNames, new byte[16]),
        (verdict, _) -> verdicts.merge(verdict, 1, Integer::sum));
    hand.time.settle();
  }
}
