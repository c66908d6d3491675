package io.silverback.cluster.slots;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import io.silverback.cluster.View;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who should hold what by the last view. What each member should hold is found out when anyone
 * wants to know, as many views may come in a row, and most have the same owners. Belongs to the
 * loop.
 */
public final class Shares {
  private static final BitSet NONE = new BitSet();

  private final int copies;
  private HashRing ring = new HashRing(List.of());
  private HashRing sharedBy = ring;
  private Map<String, BitSet> byNode = Map.of();
  private Map<Member, BitSet> successors = Map.of();

  /**
   * Nobody holds anything before the first view.
   *
   * @param copies how many nodes hold each slot
   */
  public Shares(int copies) {
    this.copies = copies;
  }

  public void enter(View view) {
    ring = view.ring();
  }

  /** The members that should hold the slot, in the order of preference. */
  public List<Member> owners(int slot) {
    return ring.owners(slot);
  }

  /** Those members are about to lead those slots. */
  public void prepare(Map<Member, BitSet> next) {
    successors = next;
  }

  /** The member that is about to lead the slot, and so is to hold it whatever its share is. */
  public Optional<Member> successor(int slot) {
    return successors.entrySet().stream()
        .filter(each -> each.getValue().get(slot))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** The slots that the member should hold; nobody changes what is returned. */
  public BitSet of(Member member) {
    if (!ring.isSpreadLike(sharedBy)) {
      sharedBy = ring;
      byNode = ring.shares(copies);
    }
    return byNode.getOrDefault(member.nodeId(), NONE);
  }
}
