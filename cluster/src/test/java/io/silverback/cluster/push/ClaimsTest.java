package io.silverback.cluster.push;

import static io.silverback.cluster.NotedStore.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.SlotTable;
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
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a node remembers of pushes that ended in doubt. */
final class ClaimsTest {
  private static final int SERIES_BYTES = 6 << 20;

  private final ClusterConfig config = ClusterConfig.standard(2);
  private final Member a = TestViews.member("a", 1, 1);
  private final View alone =
      new View(
          1,
          7,
          TestViews.view(1, 7, List.of(a)).seats(),
          List.of(),
          SlotTable.EMPTY.with(1, _ -> Optional.of(a)));
  private final HandPorts hand = new HandPorts();
  private final Led led = new Led(a, () -> 0);
  private final Claims claims = claims();

  private Claims claims() {
    ClusterPorts ports = hand.with(new NotedStore());
    var requests = new Requests(hand.time, (_, _) -> false);
    led.enter(alone);
    led.takeOver(led.pending());
    return new Claims(a, config, ports, requests, led, (_, _) -> false);
  }

  @Test
  void claimsInDoubtTakeSixteenMebibytesAtMostAndTheOldestIsForgotten() {
    for (byte group = 1; group <= 3; group++) {
      inDoubt(group);
    }

    assertEquals(List.of(false, true, true), List.of(isKept(1), isKept(2), isKept(3)));
  }

  @Test
  void aClaimInDoubtCountsUntilItsTime() {
    inDoubt(1);
    assertTrue(isKept(1));
    hand.time.pass(config.lease().toMillis() + 1_001);
    assertFalse(isKept(1));
  }

  private void inDoubt(int group) {
    var verdicts = new EnumMap<Verdict, Integer>(Verdict.class);
    byte[] series = new byte[SERIES_BYTES];
    series[0] = (byte) group;
    claims.claim(
        alone,
        bytes("group" + group),
        new Claim("job" + group, "instance", series),
        (verdict, _) -> verdicts.merge(verdict, 1, Integer::sum));
    hand.time.settle();
    assertEquals(Map.of(Verdict.GRANTED_ALL, 1), verdicts);
    claims.keep(bytes("group" + group), hand.time.nanoTime() + 1_000_000_000L);
  }

  /** True if another group of the job, with other labels, is told of the series. */
  private boolean isKept(int group) {
    byte[] series = new byte[16];
    series[0] = (byte) group;
    var found = new ArrayList<Optional<PeerMessage.ProbeAnswer>>();
    claims.probed(
        1, 1, bytes("other"), new Claim("job" + group, "instance,zone", series), found::add);
    hand.time.settle();
    return found.getFirst().orElseThrow().collision().isPresent();
  }
}
