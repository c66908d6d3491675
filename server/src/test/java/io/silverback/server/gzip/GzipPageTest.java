package io.silverback.server.gzip;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages in gzip that are put together from pieces, some of them kept from others. */
final class GzipPageTest {
  private static final int LARGE = 1 << 20;
  private static final byte[] HEAD = {'#', '\n'};

  private final SplittableRandom random = new SplittableRandom(21);
  private long nowNanos = Long.MAX_VALUE - 5;

  private SegmentCache cache(long bytes) {
    return new SegmentCache(bytes, () -> nowNanos);
  }

  private byte[] text(int length) {
    byte[] text = new byte[length];
    for (int i = 0; i < length; i++) {
      text[i] = (byte) ('a' + random.nextInt(1 + i % 7));
    }
    return text;
  }

  private byte[] noise(int length) {
    byte[] noise = new byte[length];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] page(SegmentCache cache, byte[]... pieces) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var page = new GzipPage(out, cache)) {
      for (byte[] piece : pieces) {
        page.write(piece);
      }
    }
    return out.toByteArray();
  }

  private static byte[] joined(byte[]... pieces) {
    var all = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      all.writeBytes(piece);
    }
    return all.toByteArray();
  }

  private static byte[] inflated(byte[] page) throws IOException {
    var in = new ByteArrayInputStream(page);
    try (var gzip = new GZIPInputStream(in)) {
      byte[] all = gzip.readAllBytes();
      assertEquals(0, in.available());
      return all;
    }
  }

  /** One member: a reader that stops after the first must have all. */
  private static int members(byte[] page) {
    int heads = 0;
    for (int i = 0; i + 3 < page.length; i++) {
      heads += Arrays.equals(page, i, i + 4, page, 0, 4) ? 1 : 0;
    }
    return heads;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 4_000, LARGE})
  void aPageInflatesToWhatWasWrittenWhateverIsKept(long cacheBytes) throws IOException {
    SegmentCache cache = cache(cacheBytes);
    byte[][] pieces = new byte[40][];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = i % 3 == 0 ? noise(random.nextInt(9_000)) : text(random.nextInt(40_000));
    }
    pieces[7] = new byte[0];
    pieces[8] = text(200_000);
    pieces[9] = noise(SegmentKey.MOST_BYTES);
    for (int round = 0; round < 6; round++) {
      assertArrayEquals(joined(pieces), inflated(page(cache, pieces)));
      pieces[random.nextInt(pieces.length)] = text(random.nextInt(100));
    }
    assertTrue(cache.takenBytes() <= cacheBytes);
    assertEquals(cacheBytes > 0, cache.found() > 0);
  }

  /** A page of passages, each with its own text unless the page has it already. */
  private static byte[] passages(SegmentCache cache, boolean areKept, byte[]... texts)
      throws IOException {
    var out = new ByteArrayOutputStream();
    try (var page = new GzipPage(out, cache)) {
      for (int i = 0; i < texts.length; i++) {
        byte[] identity = {7, (byte) i, 9};
        page.write(HEAD);
        if (!page.repeat(identity, 2)) {
          page.write(texts[i], 0, texts[i].length / 2);
          page.write(texts[i], texts[i].length / 2, texts[i].length - texts[i].length / 2);
          page.endPassage(areKept);
        }
      }
    }
    return out.toByteArray();
  }

  @Test
  void aPassageIsShownAgainAsItWasWritten() throws IOException {
    SegmentCache cache = cache(LARGE);
    byte[] first = text(70_000);
    byte[] second = noise(300);
    byte[] page = joined(HEAD, first, HEAD, second, HEAD);
    assertArrayEquals(page, inflated(passages(cache, true, first, second, new byte[0])));
    long missed = cache.missed();
    // Written otherwise, so that it shows whether it was written.
    byte[] again = passages(cache, true, second, first, first);
    assertArrayEquals(page, inflated(again));
    assertEquals(missed, cache.missed());
    assertEquals(1, members(again));
  }

  @Test
  void aPassageThatIsNotWholeIsWrittenEachTime() throws IOException {
    SegmentCache cache = cache(LARGE);
    passages(cache, false, text(500));
    byte[] text = text(500);
    assertArrayEquals(joined(HEAD, text), inflated(passages(cache, true, text)));
  }

  @Test
  void aPassageThatIsTooLongIsWrittenEachTime() throws IOException {
    SegmentCache cache = cache(2 * LARGE);
    passages(cache, true, noise(300_000));
    byte[] text = noise(300_000);
    assertArrayEquals(joined(HEAD, text), inflated(passages(cache, true, text)));
  }

  @Test
  void aTextThatIsTheIdentityOfAPassageIsNotThatPassage() throws IOException {
    SegmentCache cache = cache(LARGE);
    passages(cache, true, text(500));
    byte[] identity = {7, 0};
    assertArrayEquals(identity, inflated(page(cache, identity)));
  }

  @Test
  void anEmptyPageIsAPage() throws IOException {
    assertEquals(0, inflated(page(cache(LARGE))).length);
    byte[] one = {7};
    var out = new ByteArrayOutputStream();
    try (OutputStream page = new GzipPage(out, cache(LARGE))) {
      page.write(7);
    }
    assertArrayEquals(one, inflated(out.toByteArray()));
  }

  @Test
  void aPageIsOneMember() throws IOException {
    SegmentCache cache = cache(LARGE);
    byte[] first = text(20_000);
    byte[] second = text(20_000);
    assertEquals(1, members(page(cache, first, second, first)));
  }

  @Test
  void whatIsAsBeforeIsNotDeflatedAgain() throws IOException {
    SegmentCache cache = cache(LARGE);
    byte[] first = text(20_000);
    byte[] second = text(20_000);
    byte[] third = text(20_000);
    byte[] before = page(cache, first, second);
    assertEquals(2, cache.missed());

    assertArrayEquals(before, page(cache, first, second));
    assertArrayEquals(joined(third, second, first), inflated(page(cache, third, second, first)));
    assertEquals(3, cache.missed());
    assertEquals(4, cache.found());
  }

  /** One that a fault cut off must not look as if it had ended. */
  @Test
  void aPageThatIsNotClosedHasNoEnd() throws IOException {
    var out = new ByteArrayOutputStream();
    var page = new GzipPage(out, cache(LARGE));
    page.write(text(20_000));
    page.flush();
    assertThrows(EOFException.class, () -> inflated(out.toByteArray()));
  }

  @Test
  void checksumsOfPartsGiveThatOfAll() {
    for (int length : new int[] {0, 1, 2, 3, 255, 256, 65_535, 65_536, 100_003}) {
      byte[] first = noise(random.nextInt(1_000));
      byte[] second = noise(length);
      assertEquals(crc(joined(first, second)), CrcShift.combined(crc(first), crc(second), length));
    }
  }

  private static int crc(byte[] bytes) {
    var crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Each bit counts, and so does the length, but not the place in the array. */
  @Test
  void aKeyIsThatOfAllBytesAndNothingElse() {
    var keys = new HashSet<SegmentKey>();
    int count = 0;
    for (int length :
        new int[] {0, 1, 15, 16, 17, 1023, 1024, 1025, 2 * 1024, SegmentKey.MOST_BYTES}) {
      byte[] bytes = noise(length);
      keys.add(SegmentKey.of(bytes, 0, length));
      keys.add(SegmentKey.of(new byte[length], 0, length));
      count += length == 0 ? 1 : 2;
      for (int i = 0; i < 50 && length > 0; i++) {
        byte[] other = bytes.clone();
        other[i == 0 ? length - 1 : random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
        assertNotEquals(SegmentKey.of(bytes, 0, length), SegmentKey.of(other, 0, length));
        byte[] shifted = new byte[length + 20];
        System.arraycopy(bytes, 0, shifted, 13, length);
        assertEquals(SegmentKey.of(bytes, 0, length), SegmentKey.of(shifted, 13, length));
      }
    }
    assertEquals(count, keys.size());
  }

  private static SegmentKey key(int number) {
    return SegmentKey.of(Integer.toString(number).getBytes(UTF_8), 0, 1 + (int) Math.log10(number));
  }

  @Test
  void aPageThatIsTooLargeKeepsItsBeginningInsteadOfNothing() {
    SegmentCache cache = cache(10_000);
    for (int round = 0; round < 3; round++) {
      nowNanos += TimeUnit.SECONDS.toNanos(30);
      for (int i = 1; i <= 100; i++) {
        if (cache.find(key(i)).isEmpty()) {
          cache.put(key(i), new Segment(new byte[800], 0, 1));
        }
      }
      assertTrue(cache.takenBytes() <= 10_000 && cache.takenBytes() > 8_000);
    }
    assertEquals(2 * 10, cache.found());
  }

  @Test
  void whatNoPageUsesAnyMoreGivesWay() throws IOException {
    SegmentCache cache = cache(10_000);
    for (int i = 1; i <= 10; i++) {
      cache.put(key(i), new Segment(new byte[800], 0, 1));
    }
    nowNanos += TimeUnit.MINUTES.toNanos(3);
    assertTrue(cache.find(key(1)).isPresent());
    cache.put(key(11), new Segment(new byte[1_700], 0, 1));
    assertTrue(cache.find(key(11)).isPresent());
    assertTrue(cache.find(key(1)).isPresent());
    assertTrue(cache.find(key(2)).isEmpty());
    assertTrue(cache.takenBytes() <= 10_000);

    nowNanos += TimeUnit.MINUTES.toNanos(6);
    page(cache);
    assertEquals(0, cache.takenBytes());
  }

  @Test
  void whatIsTooLargeForAllOfItIsNotKept() {
    SegmentCache cache = cache(1_000);
    cache.put(key(1), new Segment(new byte[1_000], 0, 1));
    assertEquals(0, cache.takenBytes());
  }
}
