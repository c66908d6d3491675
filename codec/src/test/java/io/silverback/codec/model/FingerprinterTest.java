package io.silverback.codec.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FingerprinterTest {
  /** The two halves as the reference implementation gives them for these bytes. */
  @Test
  void givesTheNumbersOfTheReference() {
    assertEquals(new Fingerprint(0, 0), hash(""));
    assertEquals(
        new Fingerprint(0xe34bbc7bbc071b6cL, 0x7a433ca9c49a9347L),
        hash("The quick brown fox jumps over the lazy dog"));
    assertEquals(new Fingerprint(0xcbd8a7b341bd9b02L, 0x5b1e906a48ae1d19L), hash("hello"));
  }

  @Test
  void lengthsKeepNeighboursApart() {
    assertNotEquals(
        new Fingerprinter().add("ab").add("c").finish(),
        new Fingerprinter().add("a").add("bc").finish());
  }

  @Test
  void forgetsWhatWasFinished() {
    var used = new Fingerprinter();
    used.add("something else").finish();
    assertEquals(new Fingerprinter().add("job").finish(), used.add("job").finish());
  }

  /** The same bytes, however they come: as texts, as numbers and bytes, across any buffer's end. */
  @Test
  void doesNotDependOnHowTheBytesAreCut() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 200; round++) {
      var texts = new Fingerprinter();
      var bytes = new Fingerprinter();
      int count = random.nextInt(1, 60);
      for (int i = 0; i < count; i++) {
        String text = (random.nextInt(4) == 0 ? "\u00e9" : "a").repeat(random.nextInt(200));
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        texts.add(text);
        bytes.add((long) encoded.length);
        for (byte one : encoded) {
          bytes.add(new byte[] {one});
        }
      }
      assertEquals(bytes.finish(), texts.finish());
    }
  }

  private static Fingerprint hash(String text) {
    return new Fingerprinter().add(text.getBytes(StandardCharsets.UTF_8)).finish();
  }
}
