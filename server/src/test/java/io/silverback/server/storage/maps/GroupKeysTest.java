package io.silverback.server.storage.maps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.HashRing;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class GroupKeysTest {
  private static final List<GroupingKey> ASCENDING =
      List.of(
          GroupingKey.of("x", "a", ""),
          GroupingKey.of("x", "a", "1"),
          GroupingKey.of("x", "a", "1", "b", "2"),
          GroupingKey.of("x", "a", "10"),
          GroupingKey.of("x", "instance", "i".repeat(254)),
          GroupingKey.of("x", "instance", "i".repeat(255)),
          GroupingKey.of("x", "instance", "i".repeat(70_000)),
          GroupingKey.of("x"),
          GroupingKey.of("x", "z", "\u00e9"),
          GroupingKey.of("x\u0000"),
          GroupingKey.of("y"));

  @Test
  void keysComeBack() {
    for (GroupingKey key : ASCENDING) {
      byte[] encoded = GroupKeys.encode(key);
      assertEquals(key, GroupKeys.decode(new UnsafeBuffer(encoded), 0, encoded.length));
      assertArrayEquals(encoded, GroupKeys.encode(key));
    }
  }

  /** Or one group would belong to two slots, and be led by two nodes. */
  @Test
  void theOrderOfLabelsChangesNeitherBytesNorSlot() {
    byte[] encoded = GroupKeys.encode(GroupingKey.of("x", "a", "1", "zone", "2"));
    byte[] turned = GroupKeys.encode(GroupingKey.of("x", "zone", "2", "a", "1"));
    assertArrayEquals(encoded, turned);
    assertEquals(HashRing.slotOf(encoded), HashRing.slotOf(turned));
  }

  @Test
  void encodedKeysStandInTheOrderOfTheKeys() {
    for (GroupingKey left : ASCENDING) {
      for (GroupingKey right : ASCENDING) {
        int order =
            GroupKeys.compare(
                new UnsafeBuffer(GroupKeys.encode(left)),
                new UnsafeBuffer(GroupKeys.encode(right)));
        assertEquals(Integer.signum(left.compareTo(right)), Integer.signum(order));
      }
    }
  }

  @Test
  void keysOfTheSameNamesAreKnown() {
    for (GroupingKey left : ASCENDING) {
      for (GroupingKey right : ASCENDING) {
        assertEquals(
            namesOf(left).equals(namesOf(right)),
            GroupKeys.haveSameNames(
                new UnsafeBuffer(GroupKeys.encode(left)),
                new UnsafeBuffer(GroupKeys.encode(right))),
            left + " and " + right);
      }
    }
  }

  private static List<String> namesOf(GroupingKey key) {
    Labels labels = key.labels();
    return IntStream.range(0, labels.size()).mapToObj(labels::name).toList();
  }
}
