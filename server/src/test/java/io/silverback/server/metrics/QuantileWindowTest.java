package io.silverback.server.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class QuantileWindowTest {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  // Close to where System.nanoTime may overflow.
  private long now = Long.MAX_VALUE - 3 * MINUTE;
  private final QuantileWindow window = new QuantileWindow(() -> now);

  @Property(tries = 200)
  void quantilesAreLessThanTwoPerCentOff(
      @ForAll @Size(min = 1, max = 200) double[] unsorted,
      @ForAll @DoubleRange(min = 0.01, max = 1) double rank) {
    double[] values =
        Arrays.stream(unsorted).map(v -> 1e-5 + Math.abs(v % 1e11)).sorted().toArray();
    var fresh = new QuantileWindow(System::nanoTime);
    for (double value : values) {
      fresh.observe(value);
    }
    double exact = values[(int) Math.ceil(rank * values.length) - 1];
    assertEquals(exact, fresh.quantiles(rank)[0], exact / 60);
  }

  @Test
  void smallWholeNumbersAreExact() {
    for (int i = 1; i <= 100; i++) {
      window.observe(i);
    }
    assertArrayEquals(new double[] {10, 50, 90}, window.quantiles(0.1, 0.5, 0.9));
  }

  @Test
  void nothingObservedIsNotANumber() {
    assertArrayEquals(new double[] {Double.NaN, Double.NaN}, window.quantiles(0.1, 0.9));
  }

  @Test
  void valuesOutOfRangeCountAtItsEnds() {
    window.observe(0);
    window.observe(-1);
    window.observe(Double.NaN);
    window.observe(Double.POSITIVE_INFINITY);
    assertArrayEquals(new double[] {0, 0x1p40}, window.quantiles(0.75, 1));
  }

  @Test
  void observationsLeaveAfterTenMinutes() {
    window.observe(1);
    now += 6 * MINUTE;
    window.observe(3);
    assertEquals(1, window.quantiles(0.5)[0]);
    now += 4 * MINUTE;
    assertEquals(3, window.quantiles(0.1)[0]);
    window.observe(5);
    assertArrayEquals(new double[] {3, 5}, window.quantiles(0.5, 1));
    now += 30 * MINUTE;
    assertEquals(Double.NaN, window.quantiles(0.5)[0]);
  }
}
