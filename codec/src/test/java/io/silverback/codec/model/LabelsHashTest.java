package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

final class LabelsHashTest {
  private static final int BITS = 10;

  @Test
  void textsOfOneHashCodeMakeLabelsOfMany() {
    var texts = new HashSet<Integer>();
    var labels = new HashSet<Integer>();
    for (int number = 0; number < 1 << BITS; number++) {
      var text = new StringBuilder();
      for (int bit = 0; bit < BITS; bit++) {
        text.append((number >> bit & 1) == 1 ? "BB" : "Aa");
      }
      texts.add(text.toString().hashCode());
      labels.add(Labels.of("l", text.toString()).hashCode());
    }

    assertEquals(1, texts.size());
    // By chance two of them share one in a run of some thousand.
    assertEquals(1 << BITS, labels.size(), 2);
  }

  @Test
  void equalLabelsHaveOneHashCodeHoweverTheyCame() {
    for (int length = 0; length < 20; length++) {
      String text = "\u00e9".repeat(length);
      Labels merged = Labels.of("a", text).with(Labels.of("b", text));
      assertEquals(Labels.of("b", text, "a", text).hashCode(), merged.hashCode());
    }
  }

  @Test
  void whereATextEndsCounts() {
    assertNotEquals(Labels.of("a", "bc").hashCode(), Labels.of("ab", "c").hashCode());
    assertNotEquals(Labels.of("a", "b\0").hashCode(), Labels.of("a", "b").hashCode());
  }
}
