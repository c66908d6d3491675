package io.silverback.cluster.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

public final class FencesTest {
  private final Fences fences = new Fences();

  @Test
  void leadersBeforeTheOneThatAskedAreKeptOut() {
    assertTrue(fences.lets(9, 0));
    fences.raise(slots(3, 9), List.of(4L, 6L));
    assertEquals(List.of(false, true), List.of(fences.lets(3, 3), fences.lets(3, 4)));
    assertEquals(List.of(false, true), List.of(fences.lets(9, 5), fences.lets(9, 6)));
    assertTrue(fences.lets(4, 0));
    assertTrue(fences.lets(9, 7));
  }

  @Test
  void anOlderLeaderThatAsksLateLowersNothing() {
    fences.raise(slots(3), List.of(6L));
    fences.raise(slots(3), List.of(4L));
    assertFalse(fences.lets(3, 5));
  }

  @Test
  void whoeverOnlyComparesKeepsNobodyOut() {
    fences.raise(slots(3), List.of());
    assertTrue(fences.lets(3, 0));
  }

  @Test
  void leadersBeforeTheOneThatAViewNamesAreKeptOut() {
    View view = TestViews.view(4, 7, List.of(TestViews.member("a", 1, 1)));
    SlotTable slots = SlotTable.EMPTY.with(4, slot -> Optional.of(view.members().getFirst()));
    fences.enter(new View(4, 7, view.seats(), List.of(), slots));
    assertEquals(List.of(false, true), List.of(fences.lets(3, 3), fences.lets(3, 4)));
    fences.raise(slots(3), List.of(6L));
    fences.enter(new View(4, 7, view.seats(), List.of(), slots));
    assertFalse(fences.lets(3, 5));
  }

  @Test
  void moreOrFewerEpochsThanSlotsDoNoHarm() {
    fences.raise(slots(1, 2), List.of(5L));
    assertFalse(fences.lets(1, 4));
    assertTrue(fences.lets(2, 4));
    fences.raise(slots(2), List.of(5L, 6L));
    assertFalse(fences.lets(2, 4));
    assertTrue(fences.lets(3, 4));
  }

  private static BitSet slots(int... slots) {
    var set = new BitSet();
    for (int slot : slots) {
      set.set(slot);
    }
    return set;
  }
}
