package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelsOrderTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 63, 64, 65, 500})
  void pairsAreSortedByNameAndEqualNamesKeepTheirOrder(int count) {
    var random = new Random(count);
    var builder = new Labels.Builder();
    var expected = new ArrayList<List<String>>();
    for (int i = 0; i < count; i++) {
      String name = "n" + random.nextInt(count / 2 + 1);
      builder.add(name, "v" + i);
      expected.add(List.of(name, "v" + i));
    }
    expected.sort(Comparator.comparing(List::getFirst));

    Labels labels = builder.build();

    assertEquals(
        expected,
        IntStream.range(0, labels.size())
            .mapToObj(i -> List.of(labels.name(i), labels.value(i)))
            .toList());
  }
}
