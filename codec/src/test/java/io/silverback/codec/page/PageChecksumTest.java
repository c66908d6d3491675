package io.silverback.codec.page;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class PageChecksumTest {
  private final PageChecksum checksum = new PageChecksum();

  @Test
  void isTheKnownOneOfTheDigits() {
    var digits = new UnsafeBuffer("123456789".getBytes(US_ASCII));
    assertEquals(0xe3069283, checksum.of(digits, 0, 9));
    assertEquals(0xe3069283, PageChecksum.extend(PageChecksum.OF_NOTHING, digits, 0, 9));
  }

  @Test
  void goesOnWhereItEnded() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    byte[] bytes = new byte[10_000];
    random.nextBytes(bytes);
    var buffer = new UnsafeBuffer(bytes);
    int extended = PageChecksum.OF_NOTHING;
    for (int end = 0; end < bytes.length; ) {
      int length = Math.min(random.nextInt(500), bytes.length - end);
      extended = PageChecksum.extend(extended, buffer, end, length);
      end += length;
      var expected = new CRC32C();
      expected.update(bytes, 0, end);
      assertEquals((int) expected.getValue(), extended, "seed=" + seed);
      assertEquals(extended, checksum.of(buffer, 0, end), "seed=" + seed);
    }
  }
}
