package io.silverback.cluster.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.CapturedLines;
import io.silverback.cluster.Trouble;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class UnreachedTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String PEER = "b:9095";

  private final Unreached unreached = new Unreached(3);
  private final CapturedLines log = new CapturedLines(SealedNetwork.class.getName());

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void anAddressIsLoggedOnceItHasFailedForAWhileAndOnceItIsReachedAgain() {
    for (int second = 0; second <= 20; second++) {
      unreached.failed(PEER, "Connection refused", second * SECOND);
    }
    unreached.reached(PEER, 21 * SECOND);
    unreached.reached(PEER, 22 * SECOND);
    assertEquals(
        List.of(
            "a node cannot be reached peer=b:9095 reason=Connection refused after_seconds=5.0",
            "a node is reached again peer=b:9095 after_seconds=21.0"),
        log.lines());
    assertEquals(List.of(), unreached.recent(22 * SECOND));
  }

  @Test
  void oneThatIsReachedSoonIsNotWorthALine() {
    unreached.failed(PEER, "Connection refused", 0);
    unreached.failed(PEER, "Connection refused", 4 * SECOND);
    assertEquals(List.of(new Trouble(PEER, "Connection refused")), unreached.recent(4 * SECOND));
    unreached.reached(PEER, 5 * SECOND);
    assertEquals(List.of(), log.lines());
  }

  @Test
  void whatNobodyTriesAnyMoreIsForgotten() {
    unreached.failed(PEER, "Connection refused", 0);
    assertEquals(1, unreached.recent(30 * SECOND).size());
    assertEquals(0, unreached.recent(30 * SECOND + 1).size());
  }

  @Test
  void addressesAndStrangersAreBounded() {
    for (int i = 0; i < 9; i++) {
      unreached.failed("peer-" + i, "Connection refused", i);
      unreached.refused("stranger-" + i, "no secret of this node proves the hello", i);
    }
    assertEquals(
        List.of("peer-0", "peer-1", "peer-2", "stranger-8"),
        unreached.recent(9).stream().map(Trouble::address).toList());
    unreached.failed("late", "Connection refused", 40 * SECOND);
    assertEquals(
        List.of("late"), unreached.recent(40 * SECOND).stream().map(Trouble::address).toList());
  }
}
