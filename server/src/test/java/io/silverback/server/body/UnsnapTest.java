package io.silverback.server.body;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.airlift.compress.snappy.SnappyFramedOutputStream;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.memory.MemoryPool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UnsnapTest {
  private static final int MAX = 1 << 20;
  private static final String START = "ff060000734e61507059";

  @Test
  void inflatesWhatTheLibraryPacked() throws Exception {
    var random = new Random(7);
    for (int length : new int[] {0, 1, 100, 65_535, 65_536, 65_537, 300_000}) {
      byte[] noise = new byte[length];
      random.nextBytes(noise);
      byte[] text = new byte[length];
      Arrays.fill(text, (byte) 'a');

      assertArrayEquals(noise, inflate(packed(noise)));
      assertArrayEquals(text, inflate(packed(text)));
    }
  }

  @Test
  void everyCutIsCorruptButBetweenChunks() throws Exception {
    byte[] packed = packed("metric 1\n".repeat(30).getBytes(US_ASCII));
    for (int length = 1; length < packed.length; length++) {
      if (length != START.length() / 2) {
        assertEquals("snappy: corrupt input", reason(Arrays.copyOf(packed, length)));
      }
    }
  }

  @Test
  void everyFlippedBitIsRefusedOrChangesNothing() throws Exception {
    byte[] original = "metric 1\n".repeat(30).getBytes(US_ASCII);
    byte[] packed = packed(original);
    for (int bit = 0; bit < 8 * packed.length; bit++) {
      byte[] flipped = packed.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        byte[] inflated = inflate(flipped);
        // A chunk whose type became one that readers skip is skipped.
        assertTrue(inflated.length == 0 || Arrays.equals(original, inflated), "bit=" + bit);
      } catch (UnreadableBodyException e) {
        assertTrue(e.reason().startsWith("snappy: "), e.reason());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a chunk that declares 2 GiB,       00130000 00000000 ffffffff07 00000000000000000000, corrupt",
    "a length without an end,           00130000 00000000 ffffffffff ffffffffffffffffffff, corrupt",
    "a chunk of 16 MiB,                 00ffffff, unsupported",
    "a chunk without its checksum,      01030000 000000, corrupt",
    "a wrong checksum,                  01050000 00000000 61, corrupt",
    "a reserved chunk,                  02000000, unsupported",
    "another magic,                     ff060000 734e61507058, corrupt",
    "a header that is cut off,          00, corrupt",
  })
  void whatIsNoStreamIsRefused(String what, String hex, String reason) {
    byte[] packed = HexFormat.of().parseHex(START + hex.replace(" ", ""));

    assertEquals("snappy: " + reason + " input", reason(packed), what);
  }

  @Test
  void aStreamNeedsItsStartAndMaySkipPadding() throws Exception {
    assertEquals("snappy: corrupt input", reason(HexFormat.of().parseHex("fe000000" + START)));
    assertEquals(0, inflate(HexFormat.of().parseHex(START + "fe020000" + "0000" + START)).length);
  }

  @Test
  void stopsAtTheLimitOfABomb() throws Exception {
    byte[] bomb = packed(new byte[MAX + 1]);

    assertEquals(
        RequestLimit.INFLATED_SIZE,
        assertThrows(OverLimitException.class, () -> inflate(bomb)).limit());
    assertEquals(MAX, inflate(packed(new byte[MAX])).length);
  }

  private static byte[] inflate(byte[] packed) throws UnreadableBodyException, OverLimitException {
    try (var lease = LimitedMemory.ofBodies(new MemoryPool(16L * MAX, Duration.ZERO)).lease();
        var body =
            UnpackedBody.of(new Unsnap(packed, packed.length), packed.length, lease, MAX, MAX)) {
      assertTrue(body.isWhole());
      return Arrays.copyOf(body.window().bytes(), body.window().length());
    }
  }

  private static String reason(byte[] packed) {
    return assertThrows(UnreadableBodyException.class, () -> inflate(packed)).reason();
  }

  private static byte[] packed(byte[] bytes) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new SnappyFramedOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
