package io.silverback.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WorkloadsTest {
  @Test
  void equalArgumentsGiveEqualBytes() {
    assertArrayEquals(Workloads.flinkBody(3, 5), Workloads.flinkBody(3, 5));
    assertArrayEquals(Workloads.batchBody(5), Workloads.batchBody(5));
  }

  @Test
  void bodiesHaveTheSeriesTheyPromise() {
    assertEquals(1612, Workloads.FLINK_SERIES);
    assertEquals(Workloads.FLINK_SERIES, seriesOf(Workloads.flinkBody(0, 0)).size());
    assertEquals(10, Workloads.BATCH_SERIES);
    assertEquals(Workloads.BATCH_SERIES, seriesOf(Workloads.batchBody(0)).size());
  }

  @Test
  void aFlinkBodyIsAboutSevenTenthsOfAMegabyte() {
    int length = Workloads.flinkBody(0, 0).length;
    assertTrue(length > 600_000 && length < 800_000, "length=" + length);
  }

  @Test
  void roundsDifferInValuesOnly() {
    assertEquals(seriesOf(Workloads.flinkBody(1, 0)), seriesOf(Workloads.flinkBody(1, 1)));
    assertEquals(seriesOf(Workloads.batchBody(0)), seriesOf(Workloads.batchBody(1)));
    var bodies = new HashSet<String>();
    for (int round = 0; round < 16; round++) {
      bodies.add(new String(Workloads.flinkBody(1, round), UTF_8));
    }
    assertEquals(16, bodies.size());
  }

  @Test
  void processesShareNoSeries() {
    var series = new HashSet<>(seriesOf(Workloads.flinkBody(0, 0)));
    series.addAll(seriesOf(Workloads.flinkBody(1, 0)));
    assertEquals(2 * Workloads.FLINK_SERIES, series.size());
    assertNotEquals(Workloads.flinkKey(0), Workloads.flinkKey(1));
    assertNotEquals(Workloads.batchKey(0), Workloads.batchKey(1));
  }

  @Test
  void aQuarterOfTheOperatorSeriesIsConstant() {
    List<String> first = linesOf(Workloads.flinkBody(2, 0));
    List<String> second = linesOf(Workloads.flinkBody(2, 1));
    int equal = 0;
    for (int i = 0; i < first.size(); i++) {
      equal += first.get(i).equals(second.get(i)) ? 1 : 0;
    }
    // 400 constant ones, and about a tenth of the 400 that stay within ten of a number.
    assertTrue(equal >= 400 && equal < 500, "equal=" + equal);
  }

  private static List<String> linesOf(byte[] body) {
    return new String(body, UTF_8).lines().filter(line -> !line.startsWith("#")).toList();
  }

  private static List<String> seriesOf(byte[] body) {
    return linesOf(body).stream().map(line -> line.substring(0, line.lastIndexOf(' '))).toList();
  }
}
