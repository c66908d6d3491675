package io.silverback.server.storage.pages;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.storage.EndlessBudget;
import io.silverback.server.storage.Samples;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class SampleTableTest {
  @Test
  void givesTheLastSampleOfEachTimeInTheOrderOfTimes() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    try (var table = new SampleTable(new EndlessBudget())) {
      for (int round = 0; round < 300; round++) {
        int series = 1 + random.nextInt(5);
        int most = 1 + random.nextInt(200);
        // Few different times and many of them, in order, nearly in order, and in none.
        int span = 1 + random.nextInt(2 * most);
        int disorder = random.nextInt(3);
        List<SortedMap<Long, Double>> expected =
            Stream.generate(() -> (SortedMap<Long, Double>) new TreeMap<Long, Double>())
                .limit(series)
                .toList();
        table.start(series, most);
        for (int i = 0; i < most; i++) {
          for (int one = 0; one < series; one++) {
            long time =
                switch (disorder) {
                  case 0 -> (long) i * span / most;
                  case 1 -> i + random.nextInt(3);
                  default -> random.nextInt(span) - 50;
                };
            double value = random.nextInt(1000);
            table.add(one, time, value);
            expected.get(one).put(time, value);
          }
        }
        for (int one = 0; one < series; one++) {
          assertEquals(expected.get(one).toString(), text(table.of(one)));
        }
      }
    }
  }

  @Test
  void usesItsMemoryAgain() throws IOException {
    var budget = new EndlessBudget();
    try (var table = new SampleTable(budget)) {
      table.start(10, 100);
      for (int i = 0; i < 100; i++) {
        table.start(1 + i % 10, 100);
        table.add(0, i, i);
        assertEquals("{" + i + "=" + (double) i + "}", text(table.of(0)));
      }
    }
    assertEquals(10 * 100 * SampleTable.SAMPLE_LENGTH, budget.takenBytes());
  }

  private static String text(Samples samples) {
    var text = new ArrayList<String>();
    for (int i = 0; i < samples.size(); i++) {
      text.add(samples.timeMillis(i) + "=" + samples.value(i));
    }
    return "{" + String.join(", ", text) + "}";
  }
}
