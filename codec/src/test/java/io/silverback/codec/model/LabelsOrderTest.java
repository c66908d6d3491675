package io.silverback.codec.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
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

  /** The measure is what Go compares: the bytes of UTF-8. */
  @Test
  void expositionOrderIsThatOfUtf8() {
    String[] texts = {"", "a", "ab", "b", "\u00e9", "\ud7ff", "\ue000", "\uffff", "\ud83d\ude31"};
    for (String left : texts) {
      for (String right : texts) {
        int bytes = Arrays.compareUnsigned(left.getBytes(UTF_8), right.getBytes(UTF_8));
        assertEquals(
            Integer.signum(bytes),
            Integer.signum(
                Labels.expositionOrder().compare(Labels.of("l", left), Labels.of("l", right))));
      }
    }
  }

  @Test
  void expositionOrderLooksAtNumbersThenValuesThenNames() {
    List<Labels> sorted =
        List.of(
            Labels.EMPTY,
            Labels.of("z", "1"),
            Labels.of("a", "2"),
            Labels.of("b", "2"),
            Labels.of("a", "1", "b", "1"),
            Labels.of("a", "1", "c", "1"),
            Labels.of("a", "1", "b", "2"));
    assertEquals(sorted, sorted.reversed().stream().sorted(Labels.expositionOrder()).toList());
    List<Labels> byNames =
        List.of(
            Labels.EMPTY,
            Labels.of("a", "2"),
            Labels.of("b", "1"),
            Labels.of("a", "1", "b", "1"),
            Labels.of("a", "1", "b", "2"),
            Labels.of("a", "0", "c", "1"));
    assertEquals(byNames, byNames.reversed().stream().sorted(Labels.namesOrder()).toList());
  }
}
