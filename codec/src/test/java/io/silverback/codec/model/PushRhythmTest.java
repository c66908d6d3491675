package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PushRhythmTest {
  @Test
  void fivePushesAreEnoughToKnowAnInterval() {
    assertFalse(after(10_000, 10_000, 10_000).isRegular());
    PushRhythm known = after(10_000, 10_000, 10_000, 10_000);
    assertTrue(known.isRegular());
    assertEquals(10_000, known.intervalMillis());
  }

  @Test
  void jitterIsRegularAndChanceIsNot() {
    assertTrue(after(10_000, 9_000, 11_500, 10_200, 8_800, 10_900).isRegular());
    assertFalse(after(1_000, 3_900, 500, 3_000, 100, 2_500, 200).isRegular());
  }

  @Test
  void aLongPauseStartsAnew() {
    assertEquals(PushRhythm.FIRST, after(10_000, 10_000, 10_000, 10_000, 3_600_000));
  }

  @Test
  void aClockThatIsSetTeachesNothingWrong() {
    PushRhythm known = after(10_000, 10_000, 10_000, 10_000);
    assertEquals(known, known.after(-86_400_000));
    assertEquals(PushRhythm.FIRST, known.after(86_400_000));
    assertEquals(PushRhythm.FIRST, after(Long.MAX_VALUE));
  }

  @Test
  void anotherIntervalIsFollowed() {
    PushRhythm rhythm = after(10_000, 10_000, 10_000, 10_000);
    for (int i = 0; i < 40; i++) {
      rhythm = rhythm.after(30_000);
    }
    assertTrue(rhythm.isRegular());
    assertTrue(Math.abs(rhythm.intervalMillis() - 30_000) < 500, rhythm::toString);
  }

  @Property(tries = 100)
  void staysWithinItsBounds(@ForAll long seed) {
    var random = new Random(seed);
    PushRhythm rhythm = PushRhythm.NONE;
    for (int i = 0; i < 600; i++) {
      rhythm = rhythm.after(random.nextLong() >> random.nextInt(64));
    }
    assertTrue(rhythm.pushes() >= 1);
  }

  @Test
  void refusesWhatNoFrameCanHold() {
    assertThrows(IllegalArgumentException.class, () -> new PushRhythm(256, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new PushRhythm(1, 1L << 32, 0));
  }

  private static PushRhythm after(long... gaps) {
    PushRhythm rhythm = PushRhythm.FIRST;
    for (long gap : gaps) {
      rhythm = rhythm.after(gap);
    }
    return rhythm;
  }
}
