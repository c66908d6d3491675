package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SlotTableTest {
  private static final Member A = TestViews.member("a", 1, 1);
  private static final Member B = TestViews.member("b", 2, 2);
  private static final Member C = TestViews.member("c", 3, 3);

  private static SlotTable ofAll(Member... members) {
    return SlotTable.EMPTY.with(1, slot -> Optional.of(members[slot % members.length]));
  }

  @Test
  void onlySlotsWhoseTenureEndedGetANewLeader() {
    SlotTable before = ofAll(A, B, C);
    SlotTable after =
        before.with(
            2,
            slot ->
                before.tenure(slot).isOf(B)
                    ? Optional.of(slot % 2 == 0 ? A : C)
                    : Optional.empty());
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      SlotTable.Tenure tenure = after.tenure(slot);
      boolean moved = before.tenure(slot).isOf(B);
      assertFalse(tenure.isOf(B));
      assertEquals(moved ? 2 : 1, tenure.epoch());
      assertEquals(after.ledBy(A).get(slot), tenure.isOf(A));
    }
    assertEquals(HashRing.SLOTS, after.countOf(A) + after.countOf(C));
    assertSame(after, after.with(3, _ -> Optional.empty()));
  }

  @Test
  void isEqualHoweverItCame() {
    SlotTable direct = ofAll(A, C);
    SlotTable other =
        ofAll(B, C).with(1, slot -> slot % 2 == 0 ? Optional.of(A) : Optional.empty());
    assertEquals(direct, other);
    assertEquals(direct, reread(direct));
    assertEquals(direct.hashCode(), reread(direct).hashCode());
    assertNotEquals(direct, ofAll(C, A));
  }

  @Test
  void aTenureThatIsNotListedIsRefused() {
    var out = new ByteOutput();
    out.list(List.of(A), (to, member) -> to.text(member.nodeId()).u64(1).u64(1).flag(false));
    out.u16s(new short[HashRing.SLOTS - 1]).u16(1);
    byte[] bytes = out.finish();
    assertThrows(MalformedBytesException.class, () -> SlotTable.read(new ByteInput(bytes), false));
    byte[] cut = Arrays.copyOf(bytes, bytes.length - 1);
    assertThrows(MalformedBytesException.class, () -> SlotTable.read(new ByteInput(cut), false));
  }

  private static SlotTable reread(SlotTable table) {
    var out = new ByteOutput();
    table.write(out);
    return SlotTable.read(new ByteInput(out.finish()), false);
  }
}
