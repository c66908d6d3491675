package io.silverback.server.body;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.memory.MemoryPool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class GunzipTest {
  private static final int MAX = 1 << 20;

  @Test
  void inflatesOneMember() throws Exception {
    assertArrayEquals(bytes("a 1\n"), inflate(gzip("a 1\n")));
  }

  @Test
  void joinsSeveralMembers() throws Exception {
    assertArrayEquals(bytes("a 1\nb 2\n"), inflate(join(gzip("a 1\n"), gzip("b 2\n"))));
  }

  @Test
  void skipsEveryOptionalFieldOfTheHeader() throws Exception {
    byte[] plain = gzip("a 1\n");
    byte[] header =
        HexFormat.of().parseHex("1f8b081e000000000003" + "0200aabb" + "6e00" + "6300" + "1234");
    byte[] member = join(header, Arrays.copyOfRange(plain, 10, plain.length));

    assertArrayEquals(bytes("a 1\n"), inflate(member));
  }

  @Test
  void everyTruncationIsAnError() throws Exception {
    byte[] whole = join(gzip("a 1\n"), gzip("b 2\n"));
    int firstMember = gzip("a 1\n").length;
    for (int length = 0; length < whole.length; length++) {
      if (length == firstMember) {
        continue;
      }
      byte[] cut = Arrays.copyOf(whole, length);

      assertThrows(UnreadableBodyException.class, () -> inflate(cut));
    }
  }

  @Test
  void everyFlippedByteIsAnErrorOrLeavesTheContentAlone() throws Exception {
    byte[] whole = gzip("metric_one 1\nmetric_two 2\n");
    for (int at = 0; at < whole.length; at++) {
      byte[] flipped = whole.clone();
      flipped[at] ^= 0x5a;
      try {
        assertArrayEquals(bytes("metric_one 1\nmetric_two 2\n"), inflate(flipped));
      } catch (UnreadableBodyException e) {
        assertFalse(e.reason().isEmpty());
      }
    }
  }

  @Test
  void saysWhatUpstreamSays() throws Exception {
    assertEquals("EOF", reason(new byte[0]));
    assertEquals("gzip: invalid header", reason(bytes("a 1\nb 2\nc 3\n")));
    assertEquals("gzip: invalid header", reason(join(gzip("a 1\n"), bytes("trailing garbage"))));
    byte[] whole = gzip("a 1\n");
    assertEquals("unexpected EOF", reason(Arrays.copyOf(whole, whole.length - 9)));
    whole[whole.length - 6] ^= 1;
    assertEquals("gzip: invalid checksum", reason(whole));
  }

  @Test
  void stopsAtTheLimitOfABomb() throws Exception {
    byte[] bomb = gzip("0".repeat(MAX + 1));

    var refused = assertThrows(OverLimitException.class, () -> inflate(bomb));

    assertEquals(413, refused.status());
    assertEquals(RequestLimit.INFLATED_SIZE, refused.limit());
    assertEquals(MAX, inflate(gzip("0".repeat(MAX))).length);
  }

  @Test
  void takesNoMemoryForABombBeyondWhatThereIs() throws Exception {
    var memory = LimitedMemory.ofBodies(new MemoryPool(MAX / 2, Duration.ZERO));
    byte[] bomb = gzip("0".repeat(MAX));
    try (var lease = memory.lease()) {
      var refused =
          assertThrows(
              OverLimitException.class,
              () -> UnpackedBody.of(new Gunzip(bomb, bomb.length), bomb.length, lease, MAX, MAX));

      assertEquals(413, refused.status());
      assertEquals(RequestLimit.BODY_MEMORY, refused.limit());
    }
    assertEquals(0, memory.takenBytes());
  }

  private static byte[] inflate(byte[] packed) throws UnreadableBodyException, OverLimitException {
    try (var lease = LimitedMemory.ofBodies(new MemoryPool(16L * MAX, Duration.ZERO)).lease();
        var body =
            UnpackedBody.of(new Gunzip(packed, packed.length), packed.length, lease, MAX, MAX)) {
      assertTrue(body.isWhole());
      return Arrays.copyOf(body.window().bytes(), body.window().length());
    }
  }

  private static String reason(byte[] packed) {
    return assertThrows(UnreadableBodyException.class, () -> inflate(packed)).reason();
  }

  private static byte[] gzip(String text) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(bytes(text));
    }
    return packed.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] join(byte[]... parts) {
    var joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
