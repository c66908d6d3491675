package io.silverback.codec.page;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.row.PushedRows.Page;
import io.silverback.codec.row.RandomPushes;
import java.util.Random;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;

/** Pages and cursors that are not as they were written. */
final class RowPageHostileTest {
  @Test
  void namesEveryBitFlipOfThePage() {
    Page page = RandomPushes.rows(new Random(1), 7, 10).page();
    int bits = page.cursor().lengthBytes() * Byte.SIZE;
    for (int bit = 0; bit < bits; bit++) {
      flip(page.buffer, Page.MARGIN * Byte.SIZE + bit);
      String message = assertThrows(CorruptFrameException.class, page::reader).getMessage();
      assertTrue(String.valueOf(message).startsWith("checksum mismatch: "), message);
      flip(page.buffer, Page.MARGIN * Byte.SIZE + bit);
    }
  }

  @Test
  void namesEveryBitFlipOfRowsLengthAndChecksumInTheCursor() {
    Page page = RandomPushes.rows(new Random(2), 7, 10).page();
    // Not the number of columns: where every row is partial, any higher one reads as well.
    int start = RowPageCursor.ROWS_OFFSET * Byte.SIZE;
    for (int bit = start; bit < RowPageCursor.LAST_MILLIS_OFFSET * Byte.SIZE; bit++) {
      flip(page.cursorBytes, bit);
      assertThrows(CorruptFrameException.class, () -> readAll(page));
      flip(page.cursorBytes, bit);
    }
  }

  @Test
  void refusesCursorsThatNoWriterLeaves() {
    Page page = RandomPushes.rows(new Random(3), 7, 10).page();
    int length = page.cursorBytes.capacity();
    var cursor = new RowPageCursor();
    for (int cut = 0; cut < length; cut++) {
      int shorter = cut;
      assertThrows(CorruptFrameException.class, () -> cursor.decode(page.cursorBytes, 0, shorter));
    }
    page.cursorBytes.putShort(RowPageCursor.WINDOWS_OFFSET + 4, (short) (31 << 7 | 34));
    assertThrows(CorruptFrameException.class, page::cursor);
    page.cursorBytes.putShort(RowPageCursor.COLUMNS_OFFSET, (short) 2049, LITTLE_ENDIAN);
    assertThrows(CorruptFrameException.class, page::cursor);
  }

  @Test
  void readsSomethingOrNamesTheFaultWhateverStandsUnderARightChecksum() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    int read = 0;
    for (int round = 0; round < 20_000; round++) {
      Page page = RandomPushes.rows(random, 1 + random.nextInt(12), 1 + random.nextInt(6)).page();
      int bits = page.cursor().lengthBytes() * Byte.SIZE;
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        flip(page.buffer, Page.MARGIN * Byte.SIZE + random.nextInt(bits));
      }
      seal(page);
      try {
        readAll(page);
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
    for (int round = 0; round < 2_000; round++) {
      int columns = 1 + random.nextInt(RowPage.MAX_COLUMNS);
      var page = new Page(columns, 1000);
      byte[] noise = new byte[1000];
      random.nextBytes(noise);
      page.buffer.putBytes(Page.MARGIN, noise);
      page.cursorBytes.putShort(RowPageCursor.ROWS_OFFSET, (short) 240, LITTLE_ENDIAN);
      page.cursorBytes.putInt(RowPageCursor.LENGTH_OFFSET, 1000, LITTLE_ENDIAN);
      seal(page);
      try {
        readAll(page);
        fail("noise read as a page: seed=" + seed);
      } catch (CorruptFrameException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("="), e.getMessage());
      }
    }
  }

  @Test
  void refusesAPageThatIsShorterThanItsRows() {
    Page page = RandomPushes.rows(new Random(4), 7, 10).page();
    int written = page.cursor().lengthBytes();
    assertEquals(
        "page shorter than its rows: lengthBytes=" + written + " length=" + (written - 1),
        assertThrows(
                CorruptFrameException.class,
                () ->
                    new RowPageReader().wrap(page.buffer, Page.MARGIN, written - 1, page.cursor()))
            .getMessage());
  }

  private static void readAll(Page page) {
    RowPageReader reader = page.reader();
    while (reader.next()) {
      assertTrue(reader.ranges().last() <= reader.columns());
    }
  }

  /** Makes the checksum that of the bytes as they are now. */
  private static void seal(Page page) {
    int length = page.cursor().lengthBytes();
    int checksum = new PageChecksum().of(page.buffer, Page.MARGIN, length);
    page.cursorBytes.putInt(RowPageCursor.CHECKSUM_OFFSET, checksum, LITTLE_ENDIAN);
  }

  private static void flip(MutableDirectBuffer buffer, int bit) {
    int index = bit / Byte.SIZE;
    buffer.putByte(index, (byte) (buffer.getByte(index) ^ 0x80 >>> bit % Byte.SIZE));
  }
}
