package io.silverback.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class KeyBatchTest {
  @Test
  void batchesGoThroughAllKeysOnceAndInOrder() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var keys = new ArrayList<GroupingKey>();
    for (int i = 0; i < 500; i++) {
      keys.add(GroupingKey.of("job" + i, "n", Integer.toString(i % 7)));
    }
    List<GroupingKey> expected = keys.stream().sorted().toList();
    var random = new Random(seed);
    var seen = new ArrayList<GroupingKey>();
    int batches = 0;
    Optional<KeyBatch> next = Optional.of(KeyBatch.first(5_000));
    while (next.isPresent()) {
      KeyBatch batch = next.get();
      Collections.shuffle(keys, random);
      keys.forEach(batch::offer);
      assertTrue(batch.keys().size() < 50, () -> "size=" + batch.keys().size());
      seen.addAll(batch.keys());
      next = batch.next();
      batches++;
    }

    assertEquals(expected, seen);
    assertTrue(batches > 10, "batches=" + batches);
  }

  @Test
  void aKeyLargerThanABatchIsABatch() {
    var large = GroupingKey.of("x".repeat(10_000));
    KeyBatch batch = KeyBatch.first(1_000);
    batch.offer(large);
    batch.offer(GroupingKey.of("y"));

    assertEquals(List.of(large), List.copyOf(batch.keys()));
    assertTrue(batch.next().isPresent());
  }
}
