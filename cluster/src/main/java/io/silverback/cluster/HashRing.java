package io.silverback.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which slot a group belongs to, and which nodes should own a slot, in order of preference:
 * rendezvous hashing (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates",
 * 1998).
 *
 * <p>The same on every node, whatever the order of labels or members; depends on nothing but the
 * names and zones of those that hold groups. A node that comes or goes moves no slot but its own.
 * Immutable.
 */
public final class HashRing {
  /** Enough for an even spread over fifty nodes. */
  public static final int SLOTS = 16_384;

  private final List<Member> members;
  private final long[] hashes;
  private final int[] zones;
  private final boolean hasZones;

  /** Of those that own a slot only after all of these; empty without such ones. */
  private final List<HashRing> rest;

  /** A ring of those of the members that hold groups. */
  public HashRing(List<Member> all) {
    this(all, List.of());
  }

  /** A ring of those of the members that hold groups; the last ones come after all others. */
  public HashRing(List<Member> all, List<Member> last) {
    rest = last.isEmpty() ? List.of() : List.of(new HashRing(last));
    members =
        all.stream()
            .filter(member -> !member.voterOnly())
            .sorted(Comparator.comparing(Member::nodeId))
            .toList();
    hashes = members.stream().map(Member::nodeId).mapToLong(HashRing::hash).toArray();
    List<String> names = members.stream().map(Member::zone).distinct().toList();
    zones = members.stream().map(Member::zone).mapToInt(names::indexOf).toArray();
    hasZones = names.stream().anyMatch(zone -> !zone.isEmpty());
  }

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
    return new HashRing(members).owners(slot);
  }

  /** The same for the members of this ring. */
  public List<Member> owners(int slot) {
    var ranking = new Ranking();
    ranking.begin(slot);
    var owners = new ArrayList<Member>(members.size());
    while (owners.size() < members.size()) {
      owners.add(members.get(ranking.next()));
    }
    rest.forEach(last -> owners.addAll(last.owners(slot)));
    return owners;
  }

  /** True if no member holds groups. */
  public boolean isEmpty() {
    return members.isEmpty();
  }

  /** The member that should lead the slot; there must be one. */
  public Member first(int slot) {
    long salt = mix(slot);
    int best = 0;
    for (int i = 1; i < hashes.length; i++) {
      best = weight(i, salt) > weight(best, salt) ? i : best;
    }
    return members.get(best);
  }

  /** The slots of which each node is one of the first owners, by the name of the node. */
  public Map<String, BitSet> shares(int copies) {
    long[][] words = new long[members.size()][SLOTS / Long.SIZE];
    int count = Math.min(copies, members.size());
    var ranking = new Ranking();
    for (int slot = 0; slot < SLOTS; slot++) {
      ranking.begin(slot);
      for (int i = 0; i < count; i++) {
        words[ranking.next()][slot / Long.SIZE] |= 1L << slot;
      }
    }
    var shares = new HashMap<String, BitSet>();
    for (int i = 0; i < words.length; i++) {
      shares.put(members.get(i).nodeId(), BitSet.valueOf(words[i]));
    }
    rest.forEach(last -> shares.putAll(last.shares(copies - count)));
    return shares;
  }

  /** True if the slots have the same owners in both, be it other process starts of them. */
  public boolean isSpreadLike(HashRing other) {
    return Arrays.equals(hashes, other.hashes)
        && Arrays.equals(zones, other.zones)
        && hasZones == other.hasZones
        && rest.size() == other.rest.size()
        && (rest.isEmpty() || rest.getFirst().isSpreadLike(other.rest.getFirst()));
  }

  /** The owners of one slot, one after the other. */
  private final class Ranking {
    private static final long GONE = Long.MIN_VALUE;
    private final long[] weights = new long[hashes.length];
    private final long[] ofNextRound = new long[hashes.length];

    void begin(int slot) {
      long salt = mix(slot);
      for (int i = 0; i < weights.length; i++) {
        weights[i] = weight(i, salt);
        ofNextRound[i] = GONE;
      }
    }

    /** The index of the next owner; there must be one. */
    int next() {
      int next = heaviest();
      if (weights[next] == GONE) {
        System.arraycopy(ofNextRound, 0, weights, 0, weights.length);
        Arrays.fill(ofNextRound, GONE);
        next = heaviest();
      }
      for (int i = 0; hasZones && i < weights.length; i++) {
        if (i != next && zones[i] == zones[next]) {
          ofNextRound[i] = weights[i];
          weights[i] = GONE;
        }
      }
      weights[next] = GONE;
      return next;
    }

    private int heaviest() {
      int heaviest = 0;
      for (int i = 1; i < weights.length; i++) {
        heaviest = weights[i] > weights[heaviest] ? i : heaviest;
      }
      return heaviest;
    }
  }

  private long weight(int index, long salt) {
    return mix(hashes[index] ^ salt);
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
