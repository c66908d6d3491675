package io.silverback.cluster.slots;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharesTest {
  private static List<Member> members(int count, int zones, long incarnation) {
    var members = new ArrayList<Member>();
    for (int i = 0; i < count; i++) {
      String zone = zones == 0 ? "" : "z" + i % zones;
      members.add(new Member("n" + i, incarnation, i, "n:1", "n:2", zone, i == 5));
    }
    return members;
  }

  private static View view(long epoch, List<Member> members) {
    return TestViews.view(epoch, 1, members);
  }

  private static void assertSharesAreOf(List<Member> members, Shares shares) {
    for (Member member : members) {
      var wanted = new BitSet();
      for (int slot = 0; slot < HashRing.SLOTS; slot++) {
        List<Member> owners = shares.owners(slot);
        wanted.set(slot, owners.subList(0, Math.min(3, owners.size())).contains(member));
      }
      assertEquals(wanted, shares.of(member));
    }
  }

  @Test
  void aMemberHoldsTheSlotsOfWhichItIsAnOwner() {
    var shares = new Shares(3);
    long epoch = 0;
    for (int zones : List.of(0, 1, 2, 3)) {
      for (int count : List.of(7, 6, 5, 2, 1)) {
        List<Member> members = members(count, zones, epoch);
        shares.enter(view(++epoch, members));
        assertSharesAreOf(members, shares);
      }
    }
  }

  @Test
  void theNextStartOfANodeHoldsWhatTheOneBeforeDid() {
    var shares = new Shares(2);
    shares.enter(view(1, members(4, 0, 1)));
    BitSet before = shares.of(members(4, 0, 1).get(2));
    shares.enter(view(2, members(4, 0, 2)));
    assertEquals(before, shares.of(members(4, 0, 2).get(2)));
    assertEquals(2, shares.owners(0).getFirst().incarnation());
  }

  @Test
  void theFirstOwnerIsTheFirstOfAll() {
    List<Member> members = members(5, 2, 1);
    var ring = new HashRing(members);
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      assertEquals(HashRing.owners(slot, members).getFirst(), ring.first(slot));
    }
  }
}
