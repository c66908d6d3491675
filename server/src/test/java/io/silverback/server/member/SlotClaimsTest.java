package io.silverback.server.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import java.util.BitSet;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Which of several members counts for a slot. */
final class SlotClaimsTest {
  private static final Member A = member("a");
  private static final Member B = member("b");

  private static Member member(String name) {
    return new Member(name, 1, 2, name + ":1", name + ":2", "", false);
  }

  private static SortedMap<Integer, Long> slots(int from, int to, long epoch) {
    var slots = new TreeMap<Integer, Long>();
    for (int slot = from; slot < to; slot++) {
      slots.put(slot, epoch);
    }
    return slots;
  }

  @Test
  void ofTwoThatNameASlotTheLaterLeaderCounts() {
    for (boolean laterFirst : new boolean[] {true, false}) {
      var claims = new SlotClaims();
      if (laterFirst) {
        claims.add(B, slots(0, 2, 6));
      }
      claims.add(A, slots(0, HashRing.SLOTS, 5));
      if (!laterFirst) {
        claims.add(B, slots(0, 2, 6));
      }

      assertTrue(claims.isWhole());
      var ofB = new BitSet();
      ofB.set(0, 2);
      var ofA = new BitSet();
      ofA.set(2, HashRing.SLOTS);
      assertEquals(Map.of(A, ofA, B, ofB), claims.byMember());
    }
  }

  @Test
  void aSlotThatNobodyNamesIsMissing() {
    var claims = new SlotClaims();
    claims.add(A, slots(0, 9, 5));
    claims.add(B, slots(10, HashRing.SLOTS, 5));

    assertFalse(claims.isWhole());
    assertEquals(HashRing.SLOTS - 1, claims.count());
  }
}
