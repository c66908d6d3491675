package io.silverback.server.storage.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NumberOrderTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 10, 1000})
  void sortsAndKeepsEqualOnesAsTheyStand(int count) {
    var random = new Random(count);
    int[] keys = IntStream.range(0, count).map(_ -> random.nextInt(1 + count / 3)).toArray();
    int[] numbers = NumberOrder.ascending(count);
    NumberOrder order = (left, right) -> Integer.compare(keys[left], keys[right]);
    order.sort(numbers);

    assertArrayEquals(
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingInt(number -> keys[number]))
            .mapToInt(Integer::intValue)
            .toArray(),
        numbers);
  }

  @Test
  void whatIsSortedIsOnlyLookedAt() {
    int[] comparisons = new int[1];
    NumberOrder order =
        (left, right) -> {
          comparisons[0]++;
          return Integer.compare(left, right);
        };
    order.sort(NumberOrder.ascending(10_000));

    assertTrue(comparisons[0] < 10_000, "comparisons=" + comparisons[0]);
  }

  @Test
  void aHeapGivesTheSmallestAndTheOneAfterIt() {
    var random = new Random(1);
    int[] keys = IntStream.range(0, 500).map(_ -> random.nextInt(100)).toArray();
    var heap = new NumberHeap((left, right) -> Integer.compare(keys[left], keys[right]));
    for (int number : NumberOrder.ascending(keys.length)) {
      heap.add(number);
    }
    int before = -1;
    while (heap.size() > 1) {
      int first = heap.first();
      int second = heap.second();
      assertTrue(before <= keys[first] && keys[first] <= keys[second]);
      before = keys[first];
      if (random.nextBoolean() && keys[first] < 100) {
        keys[first]++;
        heap.firstGrew();
        continue;
      }
      assertEquals(first, heap.removeFirst());
      assertEquals(keys[second], keys[heap.first()]);
    }
  }
}
