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

  private static final Comparator<Ranked> BY_WEIGHT =
      Comparator.comparingLong(Ranked::weight)
          .reversed()
          .thenComparing(ranked -> ranked.member().nodeId());

  private HashRing() {}

  private record Ranked(long weight, Member member) {}

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
    var ranked = new ArrayList<Ranked>(members.size());
    boolean hasZones = false;
    for (Member member : members) {
      if (!member.voterOnly()) {
        ranked.add(new Ranked(mix(hash(member.nodeId()) ^ mix(slot)), member));
        hasZones |= !member.zone().isEmpty();
      }
    }
    ranked.sort(BY_WEIGHT);
    var owners = new ArrayList<Member>(ranked.size());
    ranked.forEach(each -> owners.add(each.member()));
    return hasZones ? spread(owners) : owners;
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

  private static long hash(String nodeId) {
    long hash = nodeId.length();
    for (int i = 0; i < nodeId.length(); i++) {
      hash = mix(hash ^ nodeId.charAt(i));
    }
    return hash;
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood, 2014) after one step of its sequence. */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
