package io.silverback.codec.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.model.Fingerprint;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Little-endian fields, written by {@link FrameOutput} and read back. */
final class FrameInputTest {
  private static final long LONGEST_VARINT = (1L << 35) - 1;
  private static final int MARGIN = 3;

  private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
  private final FrameOutput out = new FrameOutput(buffer, MARGIN);

  @Test
  void fieldsAreReadAsTheyWereWritten() {
    writeAll();

    assertEquals(
        "fe" + "04030201" + "feffffffffffffff" + "05" + "ac02" + "ffffffff7f" + "0102",
        HexFormat.of().formatHex(bytes(out.position())).substring(0, 46));
    FrameInput in = input(out.position());
    readAll(in);
    assertEquals(in.length(), in.position());
  }

  @Test
  void fieldsThatAreCutAnywhereAreCorrupt() {
    writeAll();
    for (int length = 0; length < out.position(); length++) {
      FrameInput cut = input(length);
      assertThrows(CorruptFrameException.class, () -> readAll(cut));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ffffffff0f00", "8280808000", "80808080808000"})
  void absurdNumbersAreCorrupt(String hex) {
    for (Consumer<FrameInput> read :
        List.<Consumer<FrameInput>>of(
            in -> in.count(1), in -> in.index(2), FrameInputTest::skipped)) {
      FrameInput in = of(hex);
      assertThrows(CorruptFrameException.class, () -> read.accept(in));
    }
  }

  @Test
  void nothingLeavesItsRegion() {
    FrameInput in = of("ffffffff00");
    assertThrows(CorruptFrameException.class, in::u32);
    assertThrows(CorruptFrameException.class, () -> in.position(6));
    assertThrows(CorruptFrameException.class, () -> in.position(-1));
    assertThrows(CorruptFrameException.class, () -> in.skip(-1));
    assertThrows(CorruptFrameException.class, () -> in.skip(Long.MAX_VALUE));
    assertThrows(CorruptFrameException.class, () -> in.bytes(6));
    assertThrows(CorruptFrameException.class, () -> new FrameInput().u8());
  }

  @Test
  void aCountIsOfThingsThatHaveRoom() {
    assertEquals(2, of("0200000000").count(2));
    FrameInput in = of("0200000000");
    assertThrows(CorruptFrameException.class, () -> in.count(3));
  }

  @Test
  void aChecksumFindsEveryFlippedBit() {
    writeAll();
    int length = out.finish();
    FrameChecksum.verify(buffer, MARGIN, length);
    for (int bit = 0; bit < length * Byte.SIZE; bit++) {
      byte[] flipped = bytes(length);
      flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      assertThrows(
          CorruptFrameException.class,
          () -> FrameChecksum.verify(new UnsafeBuffer(flipped), 0, flipped.length));
    }
  }

  private void writeAll() {
    out.u8(0xfe);
    int at = out.position();
    out.u32(0);
    out.u32At(at, 0x01020304);
    out.u64(-2);
    out.varint(5);
    out.varint(300);
    out.varint(LONGEST_VARINT);
    out.bytes(new byte[] {1, 2});
    out.bytes(new UnsafeBuffer(new byte[] {3}));
    out.fingerprint(new Fingerprint(8, 9));
  }

  private static void readAll(FrameInput in) {
    assertEquals(0xfe, in.u8());
    assertEquals(0x01020304, in.u32());
    assertEquals(-2, in.u64());
    assertEquals(5, in.index(6));
    assertEquals(300, in.varint());
    assertEquals(LONGEST_VARINT, in.varint());
    assertArrayEquals(new byte[] {1, 2, 3}, in.bytes(3));
    assertEquals(new Fingerprint(8, 9), in.fingerprint());
  }

  private static void skipped(FrameInput in) {
    in.skip(in.varint());
  }

  private FrameInput input(int length) {
    return new FrameInput(buffer, MARGIN, length);
  }

  private static FrameInput of(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    return new FrameInput(new UnsafeBuffer(bytes), 0, bytes.length);
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    buffer.getBytes(MARGIN, bytes);
    return bytes;
  }
}
