package io.silverback.server.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class Utf8OrderTest {
  private static final List<String> TEXTS =
      List.of(
          "",
          "a",
          "aa",
          "ab",
          "aaaaaaaa",
          "aaaaaaab",
          "aaaaaaaaa",
          "b",
          "\u0000",
          "é",
          "\u07ff",
          "\u0800",
          "\ud7ff",
          "\ue000",
          "\uffff",
          "\ud83d\ude31",
          "\udbff\udfff",
          "aaaaaaa\uffff",
          "aaaaaaa\ud83d\ude31",
          "\uffffa",
          "\ud83d\ude31a");

  @Test
  void textsCompareAsTheirCodePointsDo() {
    for (String left : TEXTS) {
      for (String right : TEXTS) {
        int[] a = left.codePoints().toArray();
        int[] b = right.codePoints().toArray();
        assertEquals(
            Integer.signum(Arrays.compare(a, b)),
            Integer.signum(Utf8Order.compare(utf8(left), utf8(right))),
            () -> left + " " + right);
      }
    }
  }

  @Test
  void textsCompareAsStringsDo() {
    for (String left : TEXTS) {
      for (String right : TEXTS) {
        assertEquals(
            Integer.signum(left.compareTo(right)),
            Integer.signum(Utf8Order.compareAsStrings(utf8(left), utf8(right))),
            () -> left + " " + right);
      }
    }
  }

  private static UnsafeBuffer utf8(String text) {
    return new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
  }
}
