package io.silverback.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.model.GroupingKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HashRingTest {
  private static final int REPLICAS = 2;
  private static final double MOST_OF_MEAN = 1.25;

  /** How people name their nodes. */
  enum Names {
    NUMBERED,
    STATEFUL_SET,
    LONG_PREFIX,
    ADDRESSES,
    RANDOM;

    String name(int i) {
      return switch (this) {
        case NUMBERED -> "n" + (i + 1);
        case STATEFUL_SET -> "silverback-" + i;
        case LONG_PREFIX -> "ip-10-0-0-" + i + ".metrics.production.eu-central-1.compute.internal";
        case ADDRESSES -> "10.0." + i / 7 + "." + i % 7 + ":9095";
        case RANDOM -> Long.toHexString(new Random(i).nextLong());
      };
    }

    List<Member> members(int count) {
      return IntStream.range(0, count).mapToObj(i -> node(name(i), "")).toList();
    }
  }

  @ParameterizedTest
  @EnumSource(Names.class)
  void slotsAreSpreadEvenlyOverUpToFiftyNodes(Names names) {
    for (int nodes : new int[] {3, 5, 10, 20, 30, 50}) {
      var spread = new Spread(names.members(nodes));
      System.out.printf(
          "%s nodes=%d: led max/mean %.3f, owned max/mean %.3f%n",
          names, nodes, spread.mostLed(), spread.mostOwned());
      assertTrue(spread.mostLed() <= MOST_OF_MEAN, () -> "led: nodes=" + nodes);
      assertTrue(spread.mostOwned() <= MOST_OF_MEAN, () -> "owned: nodes=" + nodes);
    }
  }

  @ParameterizedTest
  @EnumSource(Names.class)
  void aMemberThatComesOrGoesMovesItsOwnSlotsOnly(Names names) {
    List<Member> more = names.members(11);
    List<Member> fewer = more.subList(0, 10);
    Member one = more.getLast();
    int leads = 0;
    int owns = 0;
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      List<Member> with = HashRing.owners(slot, more);
      var rest = new ArrayList<>(with);
      rest.remove(one);
      assertEquals(HashRing.owners(slot, fewer), rest, "slot " + slot);
      leads += with.getFirst().equals(one) ? 1 : 0;
      owns += with.subList(0, REPLICAS).contains(one) ? 1 : 0;
    }
    double share = (double) HashRing.SLOTS / more.size();
    assertEquals(share, leads, share * 0.25);
    assertEquals(share * REPLICAS, owns, share * REPLICAS * 0.25);
  }

  @Test
  void ownersDoNotDependOnTheOrderOfMembers() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    List<Member> members = zoned(3, 3, 2, 1);
    for (int slot = 0; slot < HashRing.SLOTS; slot += 7) {
      var shuffled = new ArrayList<>(members);
      Collections.shuffle(shuffled, random);
      assertEquals(HashRing.owners(slot, members), HashRing.owners(slot, shuffled));
    }
  }

  @Test
  void aLaterProcessOfANodeOwnsWhatTheOneBeforeItOwned() {
    List<Member> before = Names.NUMBERED.members(5);
    var after = new ArrayList<>(before);
    after.set(2, new Member("n3", 99, 98, "elsewhere:1", "elsewhere:2", "", false));
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      assertEquals(
          ids(HashRing.owners(slot, before)), ids(HashRing.owners(slot, after)), "slot " + slot);
    }
  }

  @Test
  void allMembersButThoseThatOnlyVoteOwnEachSlot() {
    List<Member> holders = zoned(2, 1);
    var members = new ArrayList<>(holders);
    members.add(1, new Member("voter", 7, 8, "v:1", "v:2", "c", true));
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      List<Member> owners = HashRing.owners(slot, members);
      assertEquals(HashRing.owners(slot, holders), owners);
      assertEquals(Set.copyOf(holders), Set.copyOf(owners));
      assertEquals(holders.size(), owners.size());
    }
    assertEquals(List.of(), HashRing.owners(0, members.subList(1, 2)));
  }

  @Test
  void theLastMembersOwnWhatThereAreNotEnoughOthersFor() {
    List<Member> some = List.of(node("a", ""), node("b", ""));
    List<Member> last = List.of(node("c", ""), node("d", ""));
    var ring = new HashRing(some, last);
    var owned = ring.shares(3);
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      List<Member> owners = ring.owners(slot);
      assertEquals(new HashRing(some).owners(slot), owners.subList(0, 2));
      assertEquals(new HashRing(last).owners(slot), owners.subList(2, 4));
      for (Member member : owners) {
        boolean isAmongFirst = owners.indexOf(member) < 3;
        assertEquals(isAmongFirst, requireNonNull(owned.get(member.nodeId())).get(slot));
      }
    }
    assertFalse(ring.isSpreadLike(new HashRing(some)));
    assertTrue(ring.isSpreadLike(new HashRing(some, last)));
  }

  @Test
  void theFirstOwnersLieInDistinctZones() {
    for (List<Member> members : List.of(zoned(4, 4, 4), zoned(1, 5, 9), zoned(1, 1, 1))) {
      for (int slot = 0; slot < HashRing.SLOTS; slot++) {
        List<Member> owners = HashRing.owners(slot, members);
        assertEquals(3, zones(owners.subList(0, 3)).size(), "slot " + slot);
      }
    }
  }

  @Test
  void withFewerZonesThanCopiesEachZoneHasOneBeforeAnyHasTwo() {
    List<Member> members = zoned(3, 3);
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      List<Member> owners = HashRing.owners(slot, members);
      for (int round = 0; round < owners.size(); round += 2) {
        assertEquals(2, zones(owners.subList(round, round + 2)).size(), "slot " + slot);
      }
    }
  }

  @Test
  void membersWithoutAZoneCountAsOneZone() {
    var members = new ArrayList<>(Names.NUMBERED.members(3));
    members.addAll(zoned(2));
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      assertEquals(Set.of("", "a"), zones(HashRing.owners(slot, members).subList(0, 2)));
    }
  }

  @Test
  void zonesDoNotChangeWhoShouldLead() {
    for (List<Member> members : List.of(zoned(4, 4, 4), zoned(1, 9))) {
      List<Member> without = members.stream().map(member -> node(member.nodeId(), "")).toList();
      for (int slot = 0; slot < HashRing.SLOTS; slot++) {
        assertEquals(
            HashRing.owners(slot, without).getFirst().nodeId(),
            HashRing.owners(slot, members).getFirst().nodeId());
      }
    }
  }

  @Test
  void zonesOfOneSizeAreSpreadEvenly() {
    for (List<Member> members : List.of(zoned(1, 1, 1), zoned(5, 5), zoned(10, 10, 10))) {
      var spread = new Spread(members);
      assertTrue(spread.mostLed() <= MOST_OF_MEAN, () -> "led: nodes=" + members.size());
      assertTrue(spread.mostOwned() <= MOST_OF_MEAN, () -> "owned: nodes=" + members.size());
    }
  }

  /** Owners in zones that differ in size cannot be even as well; leaders have to be. */
  @Test
  void leadersAreEvenEvenWhereZonesAreNot() {
    for (List<Member> members : List.of(zoned(1, 9), zoned(3, 7), zoned(2, 4, 4), zoned(1, 1, 8))) {
      var spread = new Spread(members);
      System.out.printf(
          "zones=%s: led max/mean %.3f, owned max/mean %.3f%n",
          members.stream().map(Member::zone).toList(), spread.mostLed(), spread.mostOwned());
      assertTrue(spread.mostLed() <= MOST_OF_MEAN, () -> "led: nodes=" + members.size());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void aMemberThatComesToAZoneMovesSlotsToItselfOnly(int copies) {
    List<Member> before = zoned(3, 3, 3);
    var after = new ArrayList<>(before);
    Member newcomer = node("newcomer", "b");
    after.add(newcomer);
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      var now = new HashSet<>(HashRing.owners(slot, after).subList(0, copies));
      now.remove(newcomer);
      assertTrue(HashRing.owners(slot, before).subList(0, copies).containsAll(now), "slot " + slot);
    }
  }

  @Test
  void theSlotOfAKeyDoesNotDependOnTheOrderOfItsLabels() {
    var key = GroupingKey.of("j", "instance", "i", "zone", "z");
    var other = GroupingKey.of("j", "zone", "z", "instance", "i");
    assertEquals(
        HashRing.slotOf(key.toString().getBytes(UTF_8)),
        HashRing.slotOf(other.toString().getBytes(UTF_8)));
  }

  @Test
  void randomKeysAreSpreadEvenlyOverSlots() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    assertEven(
        _ -> {
          byte[] key = new byte[random.nextInt(8, 60)];
          random.nextBytes(key);
          return key;
        });
  }

  @Test
  void keysThatDifferInANumberAreSpreadEvenlyOverSlots() {
    assertEven(i -> ("\3job\6backup\10instance\20host-" + i + ".example").getBytes(UTF_8));
    assertEven(i -> new byte[] {3, 'j', 'o', 'b', 4, (byte) (i >> 16), (byte) (i >> 8), (byte) i});
  }

  private static void assertEven(IntFunction<byte[]> keys) {
    double expected = 16;
    int[] counts = new int[HashRing.SLOTS];
    for (int i = 0; i < expected * HashRing.SLOTS; i++) {
      counts[HashRing.slotOf(keys.apply(i))]++;
    }
    double chiSquare =
        Arrays.stream(counts).mapToDouble(n -> (n - expected) * (n - expected) / expected).sum();
    // Seven standard deviations, and no fewer: too even is no hash either.
    double width = 7 * Math.sqrt(2.0 * (HashRing.SLOTS - 1));
    assertEquals(HashRing.SLOTS - 1, chiSquare, width);
  }

  /** Nodes of two versions have to agree on these for as long as they are in one cluster. */
  @Test
  void theHashIsWhatItAlwaysWas() {
    assertEquals(0, HashRing.slotOf(new byte[0]));
    assertEquals(9943, HashRing.slotOf(new byte[1]));
    assertEquals(4158, HashRing.slotOf(HexFormat.of().parseHex("036a6f620178")));
    assertEquals(4856, HashRing.slotOf("job".getBytes(UTF_8)));
    assertEquals(7900, HashRing.slotOf("\u00e9\u20ac".getBytes(UTF_8)));
    List<Member> nodes = Names.NUMBERED.members(5);
    assertEquals("n1 n5 n3 n4 n2", ids(HashRing.owners(0, nodes)));
    assertEquals("n5 n2 n4 n3 n1", ids(HashRing.owners(1, nodes)));
    assertEquals("n1 n2 n3 n5 n4", ids(HashRing.owners(HashRing.SLOTS - 1, nodes)));
    List<Member> strange = List.of(node("", ""), node("\u00e9", ""));
    assertEquals("\u00e9 ", ids(HashRing.owners(4711, strange)));
    assertEquals("a0 b1 c0 a1 b0", ids(HashRing.owners(4711, zoned(2, 2, 1))));
    assertEquals(16_384, HashRing.SLOTS);
  }

  /** How many slots the first and the first two owners have. */
  private static final class Spread {
    private final int[] led;
    private final int[] owned;

    Spread(List<Member> members) {
      led = new int[members.size()];
      owned = new int[members.size()];
      for (int slot = 0; slot < HashRing.SLOTS; slot++) {
        List<Member> owners = HashRing.owners(slot, members);
        led[members.indexOf(owners.getFirst())]++;
        owners.subList(0, REPLICAS).forEach(owner -> owned[members.indexOf(owner)]++);
      }
    }

    double mostLed() {
      return Arrays.stream(led).max().orElseThrow() / Arrays.stream(led).average().orElseThrow();
    }

    double mostOwned() {
      return Arrays.stream(owned).max().orElseThrow()
          / Arrays.stream(owned).average().orElseThrow();
    }
  }

  private static String ids(List<Member> members) {
    return String.join(" ", members.stream().map(Member::nodeId).toList());
  }

  private static Set<String> zones(List<Member> members) {
    return Set.copyOf(members.stream().map(Member::zone).toList());
  }

  /** As many members in the zones a, b, c and so on. */
  private static List<Member> zoned(int... counts) {
    var members = new ArrayList<Member>();
    for (int zone = 0; zone < counts.length; zone++) {
      for (int i = 0; i < counts[zone]; i++) {
        String name = String.valueOf((char) ('a' + zone));
        members.add(node(name + i, name));
      }
    }
    return members;
  }

  private static Member node(String nodeId, String zone) {
    return new Member(nodeId, 1, 2, nodeId + ":9095", nodeId + ":9091", zone, false);
  }
}
