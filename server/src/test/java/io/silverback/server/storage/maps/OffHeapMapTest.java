package io.silverback.server.storage.maps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OffHeapMapTest {
  private final OffHeapMap map =
      new OffHeapMap.Plan("test", 1, 8, 64, 2, 1 << 20, 1024, 0).create();

  @AfterEach
  void close() {
    map.close();
  }

  @Test
  void doesAsAHashMapWould() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    Map<Integer, byte[]> model = new HashMap<>();
    for (int step = 0; step < 20_000; step++) {
      int number = random.nextInt(500);
      byte[] key = {(byte) number, (byte) (number >> 8)};
      if (random.nextInt(4) == 0) {
        assertEquals(model.remove(number) != null, map.remove(key));
      } else {
        byte[] value = new byte[random.nextInt(2_000)];
        random.nextBytes(value);
        map.put(key, new UnsafeBuffer(value), 0, value.length);
        model.put(number, value);
      }
    }
    assertEquals(model.size(), map.size());
    int[] seen = new int[1];
    map.forEach(
        (key, value) -> {
          int number = (key.getByte(0) & 0xff) | (key.getByte(1) & 0xff) << 8;
          assertTrue(Arrays.equals(model.get(number), bytes(value)));
          seen[0]++;
        });
    assertEquals(model.size(), seen[0]);
    map.clear();
    assertEquals(0, map.size());
    assertEquals(0, map.allocatedBytes());
  }

  @Test
  void editChangesAValueWhereItLies() {
    byte[] key = {1};
    assertFalse(map.edit(key, value -> value.putInt(0, 1)));
    map.put(key, new UnsafeBuffer(new byte[8]), 0, 8);
    var borrowed = map.borrow(key).orElseThrow();
    assertTrue(map.edit(key, value -> value.putInt(0, 7)));
    assertEquals(7, borrowed.getInt(0));
    assertTrue(map.read(key, value -> assertEquals(7, value.getInt(0))));
  }

  @Test
  void growsFarBeyondItsFirstTiers() {
    byte[] value = new byte[100_000];
    for (int i = 0; i < 500; i++) {
      map.put(new byte[] {(byte) i, (byte) (i >> 8)}, new UnsafeBuffer(value), 0, value.length);
    }
    assertEquals(500, map.size());
    assertTrue(map.allocatedBytes() >= 50_000_000);
  }

  /** A look from time to time would miss what came and went between two looks. */
  @Test
  void knowsTheMostThatItEverTookWithoutBeingAskedMeanwhile() {
    byte[] value = new byte[1_000];
    byte[][] keys = {{1}, {2}, {3}};
    for (byte[] key : keys) {
      map.put(key, new UnsafeBuffer(value), 0, value.length);
    }
    long most = 3 * map.bytesOf(1, value.length);
    assertTrue(map.remove(keys[0]));
    map.put(keys[1], new UnsafeBuffer(value), 0, 10);
    assertEquals(most, map.takenBytes());
    assertEquals(map.bytesOf(1, value.length) + map.bytesOf(1, 10), map.allocatedBytes());
    for (byte[] key : keys) {
      map.put(key, new UnsafeBuffer(value), 0, value.length);
    }
    map.put(new byte[] {4}, new UnsafeBuffer(value), 0, value.length);
    map.clear();
    assertEquals(4 * map.bytesOf(1, value.length), map.takenBytes());
  }

  @Test
  void refusesWhatIsTooLongBeforeItChangesAnything() {
    byte[] key = {1};
    byte[] tooLong = new byte[map.longestBytes() + 1];
    assertThrows(
        IllegalStateException.class,
        () -> map.put(key, new UnsafeBuffer(tooLong), 0, tooLong.length));
    assertFalse(map.read(key, _ -> {}));
    map.put(key, new UnsafeBuffer(tooLong), 0, map.longestBytes());
    assertTrue(map.read(key, value -> assertEquals(map.longestBytes(), value.capacity())));
  }

  private static byte[] bytes(UnsafeBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.getBytes(0, bytes);
    return bytes;
  }
}
