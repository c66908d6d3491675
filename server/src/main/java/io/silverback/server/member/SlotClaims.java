package io.silverback.server.member;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Which member shows each slot, as they say themselves. Not thread-safe.
 *
 * <p>Two may name the same slot if it was handed over between their answers: then the one that
 * leads it since the later view counts.
 */
final class SlotClaims {
  private final @Nullable Member[] leaders = new Member[HashRing.SLOTS];
  private final long[] epochs = new long[HashRing.SLOTS];
  private int count;

  void add(Member member, SortedMap<Integer, Long> slots) {
    slots.forEach(
        (slot, epoch) -> {
          if (leaders[slot] == null) {
            count++;
          } else if (epoch <= epochs[slot]) {
            return;
          }
          leaders[slot] = member;
          epochs[slot] = epoch;
        });
  }

  /** How many slots have a member. */
  int count() {
    return count;
  }

  boolean isWhole() {
    return count == HashRing.SLOTS;
  }

  /** The slots of each member that has any. */
  Map<Member, BitSet> byMember() {
    var shares = new LinkedHashMap<Member, BitSet>();
    for (int slot = 0; slot < leaders.length; slot++) {
      Member leader = leaders[slot];
      if (leader != null) {
        shares.computeIfAbsent(leader, _ -> new BitSet(HashRing.SLOTS)).set(slot);
      }
    }
    return shares;
  }
}
