package io.silverback.server.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;

class RecentlyUsedTest {
  @Test
  void dropsWhatWasUsedLeastRecently() {
    var map = new RecentlyUsed<String, Integer>(3);
    for (String key : new String[] {"a", "b", "c"}) {
      map.put(key, 1);
    }
    map.get("a");
    map.put("d", 1);

    assertEquals(Set.of("a", "c", "d"), map.keySet());
  }

  @Test
  void neverHoldsMoreThanItsCapacity() {
    var map = new RecentlyUsed<Integer, Integer>(10);
    for (int i = 0; i < 100_000; i++) {
      map.merge(i % 1_000, 1, Integer::sum);
      assertEquals(Math.min(i + 1, 10), map.size());
    }
  }
}
