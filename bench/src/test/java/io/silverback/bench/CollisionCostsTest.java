package io.silverback.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CollisionCostsTest {
  /**
   * Where a table searches through what collides, the ratio is a hundred and more; what it really
   * is, and that it stays below three, a loaded machine cannot tell, but {@code collision-costs}.
   */
  private static final double MOST = 12;

  @ParameterizedTest
  @EnumSource
  void whatCollidesCostsAboutAsMuchAsWhatDoesNot(CollisionCosts.Kind kind) {
    double random = CollisionCosts.leastMillis(kind, false, 1, 2);
    double colliding = CollisionCosts.leastMillis(kind, true, 1, 2);

    assertTrue(colliding < MOST * random, colliding + " ms against " + random + " ms");
  }

  @Test
  void keysThatAreToCollideDo() {
    var hashes =
        CollisionCosts.Kind.GROUPING_KEYS.pushes(true).stream()
            .map(push -> push.key().labels().value("instance").orElseThrow().hashCode())
            .collect(Collectors.toSet());

    assertEquals(1, hashes.size());
  }
}
