package io.silverback.server.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  /** Near the end, since {@link System#nanoTime()} may run over. */
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);

  private RateLimit limit(Duration interval, int burst) {
    return new RateLimit(new WebConfig.Rate(interval, burst), clock::get);
  }

  private int allowed(RateLimit limit, int asked) {
    int allowed = 0;
    for (int i = 0; i < asked; i++) {
      allowed += limit.allow() ? 1 : 0;
    }
    return allowed;
  }

  @Test
  void letsTheBurstThroughAndNoMore() {
    assertEquals(3, allowed(limit(Duration.ofHours(1), 3), 10));
  }

  @Test
  void earnsOneTokenEachInterval() {
    RateLimit limit = limit(Duration.ofNanos(10), 2);
    assertEquals(2, allowed(limit, 5));
    clock.addAndGet(9);
    assertFalse(limit.allow());
    clock.addAndGet(1);
    assertTrue(limit.allow());
    assertFalse(limit.allow());
  }

  @Test
  void earnsNoMoreThanTheBurst() {
    RateLimit limit = limit(Duration.ofNanos(10), 2);
    clock.addAndGet(1_000_000);
    assertEquals(2, allowed(limit, 5));
  }

  @Test
  void aBurstOfZeroLetsNothingThrough() {
    RateLimit limit = limit(Duration.ofNanos(1), 0);
    clock.addAndGet(1_000_000);
    assertFalse(limit.allow());
  }

  @Test
  void anIntervalOfZeroLetsEverythingThrough() {
    assertEquals(50, allowed(limit(Duration.ZERO, 0), 50));
  }

  @Test
  void hugeSettingsDoNotOverflow() {
    RateLimit limit = limit(Duration.ofNanos(Long.MAX_VALUE), Integer.MAX_VALUE);
    assertTrue(limit.allow());
    clock.addAndGet(Long.MAX_VALUE);
    assertTrue(limit.allow());
  }

  @Property
  void neverLetsMoreThroughThanTheBurstAndWhatWasEarned(
      @ForAll @LongRange(min = 1, max = 1_000) long interval,
      @ForAll @IntRange(min = 0, max = 20) int burst,
      @ForAll @IntRange(min = 1, max = 300) int requests,
      @ForAll @LongRange(min = 0, max = 500) long pause) {
    long start = clock.get();
    RateLimit limit = limit(Duration.ofNanos(interval), burst);
    int allowed = 0;
    for (int i = 0; i < requests; i++) {
      allowed += limit.allow() ? 1 : 0;
      clock.addAndGet(pause);
    }
    assertTrue(allowed <= burst + (clock.get() - start) / interval);
    assertTrue(allowed >= Math.min(requests, burst));
  }
}
