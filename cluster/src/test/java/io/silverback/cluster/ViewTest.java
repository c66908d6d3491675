package io.silverback.cluster;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ViewTest {
  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final Member c = TestViews.member("c", 3, 3);

  @Test
  void allIsHeldByAsManyMembersAsLeaveNoSlotWithoutAnOwner() {
    View view = TestViews.view(4, 7, List.of(a, b, c));
    assertTrue(view.isHeldBy(List.of(a, c), 2));
    assertTrue(view.isHeldBy(List.of(a), 3));
    assertFalse(view.isHeldBy(List.of(a), 2));
    assertFalse(view.isHeldBy(List.of(a, c), 1));
    assertFalse(view.isHeldBy(List.of(), 2));
  }

  /** It may have come a moment ago, and not have everything yet. */
  @Test
  void aMemberThatMayNotLeadDoesNotCount() {
    View view =
        new View(
            4,
            7,
            List.of(
                new View.Seat(a, true, true, 0),
                new View.Seat(b, true, true, 0),
                new View.Seat(c, true, false, 1)),
            List.of(),
            SlotTable.EMPTY);
    assertTrue(view.isHeldBy(List.of(a, b), 2));
    assertFalse(view.isHeldBy(List.of(a, c), 2));
  }
}
