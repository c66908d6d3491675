package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.handler.HeavyNames.Heavy;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class HeavyNamesTest {
  @Test
  void isExactWhileThereIsRoom() {
    var jobs = new HeavyNames(3);
    for (int i = 1; i <= 3; i++) {
      jobs.add("j" + i, i);
      jobs.add("j" + i, 10);
    }

    assertEquals(List.of(new Heavy("j3", 13), new Heavy("j2", 12)), jobs.all().subList(0, 2));
    assertEquals(0, jobs.sum("other"));
  }

  @Test
  void findsTheHeavyOnesAmongManyJobsWithinItsBound() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    var jobs = new HeavyNames(100);
    long total = 0;
    for (int i = 0; i < 200_000; i++) {
      String job = i % 10 == 0 ? "heavy" : "light" + random.nextInt(1_000_000);
      jobs.add(job, 1);
      total++;
    }

    Heavy first = jobs.all().getFirst();
    assertEquals("heavy", first.name());
    assertTrue(first.sum() <= 20_000 && first.sum() > 20_000 - total / 100, first::toString);
    assertTrue(jobs.all().size() <= 200, "holds more jobs than twice its room");
  }
}
