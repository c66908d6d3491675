package io.silverback.codec.page;

import static io.silverback.codec.page.ColumnPage.*;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.row.RandomPushes;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Sealed pages that are not as they were sealed. */
final class ColumnPageHostileTest {
  private final ColumnPageReader reader = new ColumnPageReader();
  private final long[] valueBits = new long[RowPage.MAX_ROWS];
  private final BitSet present = new BitSet();

  @Test
  void namesEveryTruncation() {
    byte[] sealed = RandomPushes.rows(new Random(1), 12, 30).page().seal();
    for (int length = 0; length < sealed.length; length++) {
      byte[] cut = Arrays.copyOf(sealed, length);
      assertThrows(CorruptFrameException.class, () -> read(cut));
    }
  }

  @Test
  void namesEveryBitFlip() {
    byte[] sealed = RandomPushes.rows(new Random(2), 12, 30).page().seal();
    for (int bit = 0; bit < sealed.length * Byte.SIZE; bit++) {
      byte[] flipped = sealed.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (0x80 >>> bit % Byte.SIZE);
      assertThrows(CorruptFrameException.class, () -> read(flipped));
    }
  }

  @Test
  void namesBothVersionsOfAPageThatIsNewer() {
    byte[] sealed = RandomPushes.rows(new Random(3), 2, 3).page().seal();
    sealed[VERSION_OFFSET] = 2;
    assertEquals(
        "column page of another version: known=1 version=2",
        assertThrows(CorruptFrameException.class, () -> read(sealed)).getMessage());
  }

  @Test
  void readsSomethingOrNamesTheFaultWhateverStandsUnderARightChecksum() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    int read = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes =
          RandomPushes.rows(random, 1 + random.nextInt(12), 1 + random.nextInt(12)).page().seal();
      int end = bytes.length - CHECKSUM_LENGTH;
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        int index = COLUMNS_OFFSET + random.nextInt(end - COLUMNS_OFFSET);
        bytes[index] =
            random.nextBoolean()
                ? (byte) random.nextInt()
                : (byte) (bytes[index] ^ 1 << random.nextInt(Byte.SIZE));
      }
      reseal(bytes);
      try {
        read(bytes);
        read++;
      } catch (CorruptFrameException e) {
        assertTrue(String.valueOf(e.getMessage()).matches("[a-z].*\\w=\\S+"), e.getMessage());
      }
    }
    assertTrue(read > 0, "seed=" + seed);
  }

  @Test
  void takesNoisePagesWithoutHarm() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      byte[] bytes = new byte[HEADER_LENGTH + CHECKSUM_LENGTH + random.nextInt(500)];
      random.nextBytes(bytes);
      var buffer = new UnsafeBuffer(bytes);
      buffer.putByte(MAGIC_OFFSET, MAGIC);
      buffer.putByte(VERSION_OFFSET, VERSION);
      buffer.putShort(COLUMNS_OFFSET, (short) (1 + random.nextInt(10)), LITTLE_ENDIAN);
      buffer.putShort(ROWS_OFFSET, (short) (1 + random.nextInt(10)), LITTLE_ENDIAN);
      buffer.putInt(ROWS_LENGTH_OFFSET, random.nextInt(300), LITTLE_ENDIAN);
      reseal(bytes);
      try {
        read(bytes);
      } catch (CorruptFrameException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("="), "seed=" + seed);
      }
    }
  }

  @Test
  void givesNoColumnOfAPageThatWasRefused() {
    byte[] sealed = RandomPushes.rows(new Random(4), 2, 3).page().seal();
    read(sealed);
    assertThrows(CorruptFrameException.class, () -> read(new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> reader.column(0, valueBits, present));
  }

  private void read(byte[] bytes) {
    reader.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
    for (int column = 0; column < reader.columns(); column++) {
      reader.column(column, valueBits, present);
    }
  }

  private static void reseal(byte[] bytes) {
    var buffer = new UnsafeBuffer(bytes);
    int end = bytes.length - CHECKSUM_LENGTH;
    buffer.putInt(end, new PageChecksum().of(buffer, 0, end), LITTLE_ENDIAN);
  }
}
