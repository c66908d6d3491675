package io.silverback.cluster;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * Which slot a group lies in, and which nodes should own a slot, in order of preference: rendezvous
 * hashing (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998).
 *
 * <p>Pure: the same on every node, whatever the order of labels or members. A node that comes or
 * goes moves no slot but its own.
 */
public final class HashRing {
  /** Enough for an even spread over fifty nodes. */
  public static final int SLOTS = 16_384;

  private HashRing() {}

  /** The slot of a group, by the bytes of its key in their one canonical form. */
  public static int slotOf(byte[] key) {
    long hash = 0;
    for (byte each : key) {
      hash = mix(hash ^ (each & 0xff));
    }
    return (int) (hash >>> 1) & (SLOTS - 1);
  }

  /**
   * The members that should hold the slot, the one that should lead it first. Where zones are set,
   * each member is in a zone that none before it is in, as long as there is one.
   */
  public static List<Member> owners(int slot, List<Member> members) {
    var ranked = new ArrayList<Member>();
    for (Member member : members) {
      if (!member.voterOnly()) {
        ranked.add(member);
      }
    }
    ranked.sort(
        Comparator.comparingLong((Member member) -> weight(slot, member.nodeId()))
            .reversed()
            .thenComparing(Member::nodeId));
    return ranked.stream().allMatch(member -> member.zone().isEmpty()) ? ranked : spread(ranked);
  }

  /** The same members, in rounds that take each zone once. */
  private static List<Member> spread(List<Member> ranked) {
    var left = new ArrayList<>(ranked);
    var spread = new ArrayList<Member>(ranked.size());
    while (!left.isEmpty()) {
      var zones = new HashSet<String>();
      for (var members = left.iterator(); members.hasNext(); ) {
        Member member = members.next();
        if (zones.add(member.zone())) {
          spread.add(member);
          members.remove();
        }
      }
    }
    return spread;
  }

  private static long weight(int slot, String nodeId) {
    long hash = slot + 1L;
    for (int i = 0; i < nodeId.length(); i++) {
      hash = mix(hash ^ nodeId.charAt(i));
    }
    // Unsigned order is as good as any; a signed comparison of well mixed bits is one.
    return mix(hash);
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, 2014) after one step of its sequence. */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
