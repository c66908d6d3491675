package io.silverback.cluster.message;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.ViewPlanner;
import io.silverback.cluster.message.PeerMessage.Grant;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.peer.PageExample;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class PeerMessageCodecTest {
  private static final String PAGE = "peer-messages.md";

  /** The table of slots of a view takes that many bytes, whatever is in it. */
  private static final int TABLE_LENGTH = 2 * HashRing.SLOTS;

  private final long seed = System.nanoTime();
  private final RandomMessages messages = new RandomMessages(seed);
  private final Random random = new Random(seed);

  static List<Class<?>> kinds() {
    return RandomMessages.kinds();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void eachKindComesBack(Class<?> kind) {
    System.out.println("seed " + seed);
    for (int i = 0; i < 50; i++) {
      PeerMessage message = messages.of(kind);
      byte[] encoded = PeerMessageCodec.encode(message);
      PeerMessage decoded = PeerMessageCodec.decode(encoded);
      assertEquals(RandomMessages.describe(message), RandomMessages.describe(decoded));
      assertArrayEquals(encoded, PeerMessageCodec.encode(decoded));
    }
  }

  @Test
  void viewsAndMembersComeBack() {
    System.out.println("seed " + seed);
    for (int i = 0; i < 20; i++) {
      View view = messages.view();
      assertEquals(view, View.decode(view.encode()));
      for (Member member : view.members()) {
        assertEquals(member, Member.decode(member.encode()));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aMessageThatIsCutOffIsMalformed(Class<?> kind) {
    System.out.println("seed " + seed);
    byte[] encoded = PeerMessageCodec.encode(messages.of(kind));
    // One byte of a table is like another.
    int step = encoded.length > TABLE_LENGTH ? 97 : 1;
    for (int length = 0; length < encoded.length; length += step) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThrows(MalformedBytesException.class, () -> PeerMessageCodec.decode(cut));
    }
    byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
    assertThrows(MalformedBytesException.class, () -> PeerMessageCodec.decode(longer));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aFlippedBitGivesAMessageOrIsMalformed(Class<?> kind) {
    System.out.println("seed " + seed);
    byte[] encoded = PeerMessageCodec.encode(messages.of(kind));
    int head = encoded.length > TABLE_LENGTH ? encoded.length - TABLE_LENGTH : encoded.length;
    for (int bit = 0; bit < head * Byte.SIZE; bit++) {
      flip(encoded, bit, PeerMessageCodec::decode);
    }
    for (int i = 0; head < encoded.length && i < 500; i++) {
      flip(encoded, random.nextInt(encoded.length * Byte.SIZE), PeerMessageCodec::decode);
    }
  }

  @Test
  void aFlippedBitGivesAViewOrIsMalformed() {
    System.out.println("seed " + seed);
    byte[] encoded = messages.view().encode();
    for (int bit = 0; bit < (encoded.length - TABLE_LENGTH) * Byte.SIZE; bit++) {
      flip(encoded, bit, View::decode);
    }
  }

  private static void flip(byte[] encoded, int bit, Consumer<byte[]> decode) {
    byte[] flipped = encoded.clone();
    flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
    decode(flipped, decode);
  }

  @Test
  void bytesAtRandomGiveAMessageOrAreMalformed() {
    System.out.println("seed " + seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(1, 80)];
      random.nextBytes(bytes);
      // Else hardly any is of a kind that there is, and each length is far too great.
      bytes[0] = (byte) random.nextInt(33);
      for (int at = 1; at < bytes.length; at++) {
        bytes[at] = random.nextInt(3) == 0 ? bytes[at] : 0;
      }
      decode(bytes, PeerMessageCodec::decode);
    }
  }

  /** Decodes, and looks how much memory that took. */
  private static void decode(byte[] bytes, Consumer<byte[]> decode) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      decode.accept(bytes);
    } catch (MalformedBytesException _) {
      // As it should be.
    }
    long taken = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(
        taken < 1_000_000 + 100L * bytes.length,
        () -> "took " + taken + " bytes of memory: " + HexFormat.of().formatHex(bytes));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Entries, states and keys by the billion, a negative number of them, and one too many.
        "0f 0000000000000001 7fffffff 00000000",
        "12 0000000000000001 ffffffff",
        "10 0000000000000001 00000001",
        // Texts and bytes that are longer than what is left.
        "18 7fffffff 00",
        "19 0000000000000001 80000000",
        // Slots beyond the last one.
        "0a 0000000000000001 4000 0000000000000001 00000000",
        // Constants that there are not.
        "0b 0000000000000001 00000004 444f4e74 00000000"
      })
  void whatDoesNotFitIsMalformed(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    assertThrows(MalformedBytesException.class, () -> PeerMessageCodec.decode(bytes));
  }

  @Test
  void slotsBeyondTheLastAreMalformed() {
    byte[] slots = new byte[HashRing.SLOTS / Byte.SIZE + 1];
    slots[slots.length - 1] = 1;
    byte[] ask = new ByteOutput().u8(14).u64(1).bytes(slots).finish();
    assertThrows(MalformedBytesException.class, () -> PeerMessageCodec.decode(ask));
  }

  /** Else a peer could stop the loop of another with one message. */
  @Test
  @Timeout(10)
  void aViewWithAnotherLeaderForEachSlotIsReadInTime() {
    var view =
        new View(
            1,
            2,
            List.of(),
            List.of(),
            SlotTable.EMPTY.with(1, slot -> Optional.of(TestViews.member("n" + slot, slot, slot))));
    byte[] encoded = view.encode();
    for (int i = 0; i < 10; i++) {
      assertEquals(view, View.decode(encoded));
    }
  }

  @Test
  void workedExampleIsWhatTheCodeSays() throws IOException {
    PageExample page = PageExample.of(PAGE);
    assertEquals(PageExample.hex(page.bytes()), PageExample.hex(page.bytesOfLines()));
    var grant =
        new Grant(
            5,
            0x0102030405060708L,
            117,
            true,
            3_000_000_000L,
            1_700_000_000_000L,
            List.of(new ProcessId("c", 0x1122334455667788L)));
    assertEquals(PageExample.hex(page.bytes()), PageExample.hex(PeerMessageCodec.encode(grant)));
    assertEquals(grant, PeerMessageCodec.decode(page.bytes()));
  }

  @Test
  void workedExampleOfAViewIsWhatTheCodeSays() throws IOException {
    PageExample page = PageExample.of(PAGE, "view");
    assertEquals(PageExample.hex(page.bytes()), PageExample.hex(page.bytesOfLines()));
    var whole = new ByteArrayOutputStream();
    whole.writeBytes(page.bytes());
    byte[] slot = Arrays.copyOfRange(page.bytes(), page.bytes().length - 2, page.bytes().length);
    for (int i = 1; i < HashRing.SLOTS; i++) {
      whole.writeBytes(slot);
    }
    View view = ViewPlanner.first(7, List.of(TestViews.member("a", 0x11, 0x12)));
    assertArrayEquals(whole.toByteArray(), view.encode());
    assertEquals(digestOnPage(), view.digest());
    assertEquals(view, View.decode(whole.toByteArray()));
  }

  @Test
  void aViewOfTheFirstFormatHasNoDrainsAndNothingThatWasHandedOver() {
    Member member = TestViews.member("a", 0x11, 0x12);
    View view = ViewPlanner.first(7, List.of(member));
    var out = new ByteOutput().u8(1).u64(1).u64(7).u32(1);
    View.write(out, member);
    out.flag(true).flag(true).u32(0).u32(0).u32(1).text("a").u64(0x11).u64(1);
    out.u16s(new short[HashRing.SLOTS]);
    assertEquals(view, View.decode(out.finish()));
  }

  private static long digestOnPage() throws IOException {
    String before = "The digest of this view is `";
    return PageExample.lines(PAGE).stream()
        .filter(line -> line.startsWith(before))
        .map(line -> line.substring(before.length(), line.indexOf('`', before.length())))
        .mapToLong(digest -> Long.parseUnsignedLong(digest.replace(" ", ""), 16))
        .findFirst()
        .orElseThrow();
  }

  /** A kind that is not on the page is one that others could not write. */
  @ParameterizedTest
  @MethodSource("kinds")
  void thePageHasEachKindWithItsNumberAndChannel(Class<?> kind) throws IOException {
    PeerMessage message = messages.of(kind);
    String row =
        "| %d | %s | %s |"
            .formatted(
                PeerMessageCodec.encode(message)[0],
                kind.getSimpleName()
                    .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                    .toLowerCase(Locale.ROOT),
                PeerMessageCodec.channelOf(message).name().toLowerCase(Locale.ROOT));
    long rows = PageExample.lines(PAGE).stream().filter(line -> line.startsWith(row)).count();
    assertEquals(1, rows, row);
  }
}
