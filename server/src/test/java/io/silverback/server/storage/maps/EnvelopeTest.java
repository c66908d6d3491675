package io.silverback.server.storage.maps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

final class EnvelopeTest {
  private static final Path PAGE = Path.of("..", "docs", "formats", "store.md");
  private static final int SYMBOLS = 3;

  @Test
  void thePageSaysWhatIsWritten() throws IOException {
    byte[] documented = workedExample();
    var read = new UnsafeBuffer(ByteBuffer.allocateDirect(documented.length));
    read.putBytes(0, documented);
    assertTrue(Envelope.isSound(read));
    assertEquals(3, Envelope.sequence(read));
    assertEquals(SYMBOLS, Envelope.map(read));

    byte[] key = new byte[Envelope.keyLength(read)];
    read.getBytes(Envelope.KEY_OFFSET, key);
    byte[] value = new byte[Envelope.valueLength(read)];
    read.getBytes(Envelope.valueOffset(read), value);
    assertArrayEquals("up".getBytes(StandardCharsets.UTF_8), new byte[] {value[4], value[5]});

    var written = new UnsafeBuffer(ByteBuffer.allocateDirect(documented.length));
    Envelope.seal(
        written, 3, SYMBOLS, key, new UnsafeBuffer(value), SymbolTable.EDITED_LENGTH, value.length);
    Envelope.magic(written, 0x8877665544332211L);
    byte[] bytes = new byte[documented.length];
    written.getBytes(0, bytes);
    assertEquals(HexFormat.of().formatHex(documented), HexFormat.of().formatHex(bytes));
  }

  @Test
  void anyFlippedBitIsNoticedButForThoseThatMayBeEdited() throws IOException {
    byte[] documented = workedExample();
    int edited = documented.length - 6;
    var buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(documented.length));
    for (int bit = Envelope.SEQUENCE_OFFSET * 8; bit < documented.length * 8; bit++) {
      byte[] flipped = documented.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      buffer.putBytes(0, flipped);
      boolean mayBeEdited = bit / 8 >= edited && bit / 8 < edited + SymbolTable.EDITED_LENGTH;
      assertEquals(mayBeEdited, Envelope.isSound(buffer), "bit=" + bit);
    }
  }

  @Test
  void anythingCutOffIsNoticed() throws IOException {
    byte[] documented = workedExample();
    var buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(documented.length));
    buffer.putBytes(0, documented);
    for (int length = 0; length < documented.length; length++) {
      assertFalse(Envelope.isSound(new UnsafeBuffer(buffer, 0, length)), "length=" + length);
    }
  }

  /** The bytes of the page's fields, which its last line repeats as a whole. */
  private static byte[] workedExample() throws IOException {
    List<String> lines =
        Files.readAllLines(PAGE).stream()
            .dropWhile(line -> !line.equals("```example"))
            .skip(1)
            .takeWhile(line -> !line.equals("```"))
            .map(line -> line.split("\\|", -1)[1].replace(" ", ""))
            .toList();
    String fields = String.join("", lines.subList(0, lines.size() - 1));
    assertEquals(fields, lines.getLast());
    return HexFormat.of().parseHex(fields);
  }
}
