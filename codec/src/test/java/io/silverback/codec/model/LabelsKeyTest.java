package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LabelsKeyTest {
  private static final Labels KEY = Labels.of("instance", "i", "job", "j");

  @Test
  void puttingBackGivesWhatWasTakenAway() {
    assertRestored(Labels.of("a", "1", "instance", "i", "job", "j", "z", "2"));
    assertRestored(Labels.of("instance", "i", "job", "j"));
    assertRestored(Labels.of("job", "j", "instance", "i", "job", "k", "instance", "i"));
  }

  @Test
  void othersStandBeforePairsOfTheSameName() {
    assertEquals(
        "{instance=\"i\",job=\"j\",job=\"k\",job=\"j\"}",
        Labels.of("job", "k", "job", "j").with(KEY).toString());
    assertEquals(Labels.of("job", "k"), Labels.of("job", "k").with(KEY).without(KEY));
  }

  @Test
  void aPairThatIsNotTheFirstOfItsNameIsMissed() {
    assertThrows(IllegalArgumentException.class, () -> Labels.EMPTY.without(KEY));
    assertThrows(IllegalArgumentException.class, () -> Labels.of("job", "j").without(KEY));
    assertThrows(
        IllegalArgumentException.class,
        () -> Labels.of("instance", "i", "job", "k", "job", "j").without(KEY));
    assertThrows(
        IllegalArgumentException.class,
        () -> Labels.of("a", "1", "b", "2", "instance", "other", "job", "j").without(KEY));
    assertThrows(
        IllegalArgumentException.class, () -> Labels.of("a", "1", "b", "2", "c", "3").without(KEY));
  }

  @Test
  void anyLabelsSurviveAnyOthers() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new Random(seed);
    for (int round = 0; round < 5000; round++) {
      Labels labels = randomLabels(random, 6);
      Labels others = randomLabels(random, 3);

      Labels both = labels.with(others);

      assertEquals(slowly(labels, others), both);
      assertEquals(labels, both.without(others));
    }
  }

  private static void assertRestored(Labels labels) {
    assertEquals(labels, labels.without(KEY).with(KEY));
  }

  private static Labels slowly(Labels labels, Labels others) {
    var builder = new Labels.Builder();
    for (Labels each : new Labels[] {others, labels}) {
      for (int i = 0; i < each.size(); i++) {
        builder.add(each.name(i), each.value(i));
      }
    }
    return builder.build();
  }

  private static Labels randomLabels(Random random, int most) {
    var builder = new Labels.Builder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      builder.add("n" + random.nextInt(4), "v" + random.nextInt(3));
    }
    return builder.build();
  }
}
