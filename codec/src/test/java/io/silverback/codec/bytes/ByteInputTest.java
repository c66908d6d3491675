package io.silverback.codec.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Big-endian fields, written by {@link ByteOutput} and read back. */
final class ByteInputTest {
  /** A field, how it is written and read, and its bytes. */
  private record Field<T>(
      String name,
      Consumer<ByteOutput> write,
      Function<ByteInput, T> read,
      T value,
      String expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static List<Field<?>> fields() {
    return List.of(
        new Field<>("u8", out -> out.u8(0xfe), ByteInput::u8, 0xfe, "fe"),
        new Field<>("u16", out -> out.u16(0xfedc), ByteInput::u16, 0xfedc, "fedc"),
        new Field<>("u32", out -> out.u32(-2), ByteInput::u32, -2, "fffffffe"),
        new Field<>("size", out -> out.u32(0x7ffffffe), ByteInput::size, 0x7ffffffe, "7ffffffe"),
        new Field<>("u64", out -> out.u64(-2), ByteInput::u64, -2L, "fffffffffffffffe"),
        new Field<>("flag", out -> out.flag(true), ByteInput::flag, true, "01"),
        new Field<>("flag", out -> out.flag(false), ByteInput::flag, false, "00"),
        new Field<>("text", out -> out.text("é€"), ByteInput::text, "é€", "00000005c3a9e282ac"),
        new Field<>(
            "bytes",
            out -> out.bytes(new byte[] {7, -1}),
            in -> HexFormat.of().formatHex(in.bytes()),
            "07ff",
            "0000000207ff"),
        new Field<>(
            "u16s",
            out -> out.u16s(new short[] {1, -2}),
            in -> Arrays.toString(in.u16s(2)),
            "[1, -2]",
            "0001fffe"),
        new Field<>(
            "list",
            out -> out.list(List.of(3, 4), ByteOutput::u8),
            in -> in.list(ByteInput::u8),
            List.of(3, 4),
            "000000020304"),
        new Field<>(
            "byte strings",
            out -> out.list(List.of(new byte[] {5}, new byte[0])),
            in -> in.list(from -> from.bytes().length),
            List.of(1, 0),
            "00000002000000010500000000"));
  }

  @ParameterizedTest
  @MethodSource("fields")
  void aFieldIsReadAsItWasWritten(Field<?> field) {
    byte[] written = written(field);

    assertEquals(field.expected(), HexFormat.of().formatHex(written));
    var in = new ByteInput(written);
    assertEquals(field.value(), field.read().apply(in));
    in.end();
  }

  @ParameterizedTest
  @MethodSource("fields")
  void aFieldThatIsCutAnywhereIsMalformed(Field<?> field) {
    byte[] written = written(field);
    for (int length = 0; length < written.length; length++) {
      var cut = new ByteInput(Arrays.copyOf(written, length));
      assertThrows(MalformedBytesException.class, () -> field.read().apply(cut));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"7fffffff", "80000000", "ffffffff", "00000002"})
  void aLengthBeyondTheBytesIsMalformedAndTakesNoMemory(String length) {
    for (Consumer<ByteInput> read :
        List.<Consumer<ByteInput>>of(
            ByteInput::bytes, ByteInput::text, ByteInput::count, in -> in.list(ByteInput::u8))) {
      var in = new ByteInput(HexFormat.of().parseHex(length + "00"));
      assertThrows(MalformedBytesException.class, () -> read.accept(in));
    }
  }

  @Test
  void moreNumbersThanThereAreBytesAreMalformed() {
    var in = new ByteInput(new byte[4]);
    assertThrows(MalformedBytesException.class, () -> in.u16s(Integer.MAX_VALUE));
  }

  @Test
  void aSizeIsNotNegative() {
    var in = new ByteInput(HexFormat.of().parseHex("80000000"));
    assertThrows(MalformedBytesException.class, in::size);
  }

  @Test
  void everyNumberButZeroIsTrue() {
    var in = new ByteInput(new byte[] {0, 1, 2, -1});
    assertFalse(in.flag());
    assertTrue(in.flag());
    assertTrue(in.flag());
    assertTrue(in.flag());
  }

  @Test
  void theRestIsAllThatIsLeft() {
    var in = new ByteInput(new byte[] {1, 2, 3});
    in.u8();
    assertArrayEquals(new byte[] {2, 3}, in.rest());
    assertArrayEquals(new byte[0], in.rest());
    in.end();
  }

  @Test
  void bytesAfterTheEndAreMalformed() {
    var in = new ByteInput(new byte[2]);
    in.u8();
    var fault = assertThrows(MalformedBytesException.class, in::end);
    assertEquals("bytes after the end: position=1 length=2", fault.getMessage());
  }

  @Test
  void anOutputGrowsFromFieldToField() {
    var out = new ByteOutput();
    byte[] large = new byte[100_000];
    Arrays.fill(large, (byte) 9);
    for (int i = 0; i < 100; i++) {
      out.u64(i);
    }
    var in = new ByteInput(out.bytes(large).u16(3).finish());
    for (int i = 0; i < 100; i++) {
      assertEquals(i, in.u64());
    }
    assertArrayEquals(large, in.bytes());
    assertEquals(3, in.u16());
    in.end();
  }

  private static byte[] written(Field<?> field) {
    var out = new ByteOutput();
    field.write().accept(out);
    return out.finish();
  }
}
