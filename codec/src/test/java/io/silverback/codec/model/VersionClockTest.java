package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class VersionClockTest {
  private static final long YEAR_MILLIS = 365L * 24 * 3_600_000;

  private long now = 1_800_000_000_000L;
  private final VersionClock clock = new VersionClock(() -> now, 7);

  @Test
  void eachVersionIsNewerThanTheLastWhateverTheWallClockDoes() {
    Version before = clock.next(1);
    now -= YEAR_MILLIS;
    Version after = clock.next(1);
    assertTrue(after.isAfter(before));
    assertEquals(before.clock() + 1, after.clock());
  }

  @Test
  void aVersionThatWasSeenIsOlderThanTheNext() {
    var seen = new Version(1, (now + YEAR_MILLIS) << 16, 9);
    clock.observe(seen);
    assertTrue(clock.next(1).isAfter(seen));
  }
}
