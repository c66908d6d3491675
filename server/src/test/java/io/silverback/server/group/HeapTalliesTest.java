package io.silverback.server.group;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.Fingerprint;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class HeapTalliesTest {
  private static final Fingerprint KEY = new Fingerprint(1, 2);
  private static final Fingerprint OTHER = new Fingerprint(2, 1);

  private final HeapTallies tallies = new HeapTallies();
  private final int[] row = new int[Tallies.SLOTS];

  @Test
  void countersOfARowAreSeparate() {
    tallies.add(KEY, 0, 2);
    tallies.add(KEY, 7, 3);
    tallies.add(KEY, 0, -1);
    assertEquals(1, tallies.get(KEY, 0));
    assertEquals(0, tallies.get(KEY, 1));
    assertEquals(0, tallies.get(OTHER, 0));
    assertTrue(tallies.read(KEY, row));
    assertArrayEquals(new int[] {1, 0, 0, 0, 0, 0, 0, 3}, row);
    assertFalse(tallies.read(OTHER, row));
    assertArrayEquals(new int[Tallies.SLOTS], row);
  }

  @Test
  void rowOfZerosVanishes() {
    tallies.add(KEY, 0, 2);
    tallies.add(KEY, 1, 1);
    tallies.add(KEY, 0, -2);
    assertEquals(1, tallies.contents().size());
    tallies.add(KEY, 1, -1);
    tallies.add(OTHER, 1, 0);
    assertEquals(Map.of(), tallies.contents());
  }

  @Test
  void counterNeverLeavesItsRange() {
    tallies.add(KEY, 0, Integer.MAX_VALUE);
    assertThrows(IllegalStateException.class, () -> tallies.add(KEY, 0, 1));
    assertThrows(IllegalStateException.class, () -> tallies.add(KEY, 1, -1));
    assertThrows(IllegalStateException.class, () -> tallies.add(OTHER, 0, -1));
    assertEquals(Integer.MAX_VALUE, tallies.get(KEY, 0));
    assertEquals(1, tallies.contents().size());
  }
}
