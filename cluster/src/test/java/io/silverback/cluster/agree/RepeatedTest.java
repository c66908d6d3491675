package io.silverback.cluster.agree;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HandTime;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import org.junit.jupiter.api.Test;

final class RepeatedTest {
  private final HandTime time = new HandPorts().time;
  private final Repeated<String> repeated = new Repeated<>(time, 1_000_000_000L);
  private final ProcessId a = new ProcessId("a", 1);

  @Test
  void theSameIsSaidAgainOnlyAfterAWhileAndSomethingElseAtOnce() {
    assertTrue(repeated.isDue(a, "x"));
    assertFalse(repeated.isDue(a, "x"));
    assertTrue(repeated.isDue(a, "y"));
    assertTrue(repeated.isDue(a, "x"));
    time.pass(1_000);
    assertFalse(repeated.isDue(a, "x"));
    time.pass(1);
    assertTrue(repeated.isDue(a, "x"));
  }

  @Test
  void anotherStartOfANodeWasToldNothing() {
    assertTrue(repeated.isDue(a, "x"));
    assertTrue(repeated.isDue(new ProcessId("a", 2), "x"));
    assertFalse(repeated.isDue(a, "x"));
  }
}
