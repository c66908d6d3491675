package io.silverback.server.body;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.airlift.compress.snappy.SnappyFramedOutputStream;
import io.silverback.server.body.BodyCoding.UnreadableBodyException;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.memory.MemoryPool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class UnpackedBodyTest {
  private static final int PART = 1 << 20;
  private static final int LIMIT = 64 << 20;

  private final LimitedMemory memory =
      LimitedMemory.ofBodies(new MemoryPool(4L * UnpackedBody.WHOLE, Duration.ZERO));

  /** How a body is packed and unpacked. */
  enum Coding {
    GZIP {
      @Override
      OutputStream to(OutputStream out) throws IOException {
        return new GZIPOutputStream(out);
      }

      @Override
      Unpacker of(byte[] packed) {
        return new Gunzip(packed, packed.length);
      }
    },
    SNAPPY {
      @Override
      OutputStream to(OutputStream out) throws IOException {
        return new SnappyFramedOutputStream(out);
      }

      @Override
      Unpacker of(byte[] packed) {
        return new Unsnap(packed, packed.length);
      }
    };

    abstract OutputStream to(OutputStream out) throws IOException;

    abstract Unpacker of(byte[] packed);

    byte[] packed(byte[] piece, int times) throws IOException {
      var packed = new ByteArrayOutputStream();
      try (var out = to(packed)) {
        for (int i = 0; i < times; i++) {
          out.write(piece);
        }
      }
      return packed.toByteArray();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLargeBodyComesInPartsWithinOneWindow(Coding coding) throws Exception {
    byte[] piece = new byte[12_345];
    new Random(1).nextBytes(piece);
    byte[] packed = coding.packed(piece, 1_000);
    var all = new ByteArrayOutputStream();
    var random = new Random(2);
    try (var lease = memory.lease();
        var body = UnpackedBody.of(coding.of(packed), packed.length, lease, PART, LIMIT)) {
      assertFalse(body.isWhole());
      while (!body.isEnded()) {
        int count = random.nextInt(body.window().length()) + 1;
        all.write(body.window().bytes(), 0, count);
        body.slide(count);
        assertTrue(body.window().bytes().length <= PART + 1);
      }
      all.write(body.window().bytes(), 0, body.window().length());
      assertFalse(body.isWhole());
    }
    byte[] bytes = all.toByteArray();
    assertEquals(1_000 * piece.length, bytes.length);
    for (int i = 0; i < 1_000; i++) {
      assertArrayEquals(
          piece, java.util.Arrays.copyOfRange(bytes, i * piece.length, (i + 1) * piece.length));
    }
    assertEquals(0, memory.takenBytes());
  }

  @ParameterizedTest
  @EnumSource
  void aPartThatIsTooLargeIsRefusedWithItsFlag(Coding coding) throws Exception {
    byte[] packed = coding.packed("#".repeat(PART).getBytes(US_ASCII), 8);
    try (var lease = memory.lease();
        var body = UnpackedBody.of(coding.of(packed), packed.length, lease, PART, LIMIT)) {
      var refused = assertThrows(OverLimitException.class, () -> slideForEver(body, 0));
      assertEquals(RequestLimit.INFLATED_PART, refused.limit());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyThatIsTooLargeInAllIsRefusedThoughEachPartIsSmall(Coding coding) throws Exception {
    byte[] packed = coding.packed("#".repeat(PART).getBytes(US_ASCII), 65);
    try (var lease = memory.lease();
        var body = UnpackedBody.of(coding.of(packed), packed.length, lease, PART, LIMIT)) {
      var refused = assertThrows(OverLimitException.class, () -> slideForEver(body, 1));
      assertEquals(RequestLimit.INFLATED_SIZE, refused.limit());
    }
  }

  private static void slideForEver(UnpackedBody body, int part)
      throws UnreadableBodyException, OverLimitException {
    while (!body.isEnded()) {
      body.slide(part * body.window().length());
    }
  }

  /** Chunks of snappy are as long as their sender likes, so the last one may fit in part only. */
  @Test
  void aChunkThatFitsInPartEndsAtTheLimit() throws Exception {
    var packed = new ByteArrayOutputStream();
    try (var out = new SnappyFramedOutputStream(packed)) {
      for (int i = 0; i < 40; i++) {
        out.write("#".repeat(60_001).getBytes(US_ASCII));
        out.flush();
      }
    }
    byte[] bytes = packed.toByteArray();
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          try (var lease = memory.lease()) {
            var refused =
                assertThrows(
                    OverLimitException.class,
                    () ->
                        UnpackedBody.of(Coding.SNAPPY.of(bytes), bytes.length, lease, PART, PART));
            assertEquals(RequestLimit.INFLATED_SIZE, refused.limit());
          }
        });
  }
}
