package io.silverback.cluster;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Who leads each slot, and from which epoch on. Immutable.
 *
 * <p>Says where a slot <i>is</i>; where it should be is said by {@link HashRing}.
 */
public final class SlotTable {
  /** Of no member, and never led. */
  public static final SlotTable EMPTY =
      new SlotTable(List.of(new Tenure("", 0, 0, false)), new short[HashRing.SLOTS]);

  private final List<Tenure> tenures;
  private final short[] slots;

  /**
   * The time of one leader of some slots.
   *
   * @param nodeId empty for nobody
   * @param incarnation of the process start that leads
   * @param epoch of the view that made it the leader
   * @param handedOver true if the one before it handed the slots over, with all that they hold:
   *     they are led at once. Otherwise they have to be taken over
   */
  public record Tenure(String nodeId, long incarnation, long epoch, boolean handedOver) {
    public boolean isOf(Member member) {
      return incarnation == member.incarnation() && nodeId.equals(member.nodeId());
    }
  }

  private SlotTable(List<Tenure> tenures, short[] slots) {
    this.tenures = List.copyOf(tenures);
    this.slots = slots;
  }

  public Tenure tenure(int slot) {
    return tenures.get(slots[slot]);
  }

  /** The slots that the member leads, or is to lead. */
  public BitSet ledBy(Member member) {
    boolean[] isOf = new boolean[tenures.size()];
    for (int i = 0; i < isOf.length; i++) {
      isOf[i] = tenures.get(i).isOf(member);
    }
    var led = new BitSet(HashRing.SLOTS);
    for (int slot = 0; slot < slots.length; slot++) {
      if (isOf[slots[slot]]) {
        led.set(slot);
      }
    }
    return led;
  }

  /** How many slots the member leads, or is to lead. */
  public int countOf(Member member) {
    return ledBy(member).cardinality();
  }

  /** How many of these a view after that epoch gave it. */
  public int countSince(Member member, long epoch) {
    if (tenures.stream().noneMatch(each -> each.epoch() > epoch && each.isOf(member))) {
      return 0;
    }
    return (int) ledBy(member).stream().filter(slot -> tenure(slot).epoch() > epoch).count();
  }

  /**
   * The table in which some slots have another leader, which has to take them over.
   *
   * @param moved says of a slot who leads it from now on; empty if nothing changes
   */
  public SlotTable with(long epoch, IntFunction<Optional<Member>> moved) {
    return with(epoch, false, moved);
  }

  /** The table in which slots that were handed over have another leader. */
  public SlotTable handedOver(long epoch, BitSet moved, Member to) {
    return with(epoch, true, slot -> moved.get(slot) ? Optional.of(to) : Optional.empty());
  }

  private SlotTable with(long epoch, boolean handedOver, IntFunction<Optional<Member>> moved) {
    var named = new ArrayList<>(tenures);
    var fresh = new HashMap<String, Integer>();
    short[] leaders = slots.clone();
    for (int slot = 0; slot < leaders.length; slot++) {
      Optional<Member> next = moved.apply(slot);
      if (next.isPresent()) {
        Member member = next.get();
        Integer index = fresh.get(member.nodeId());
        if (index == null) {
          index = named.size();
          named.add(new Tenure(member.nodeId(), member.incarnation(), epoch, handedOver));
          fresh.put(member.nodeId(), index);
        }
        leaders[slot] = index.shortValue();
      }
    }
    return fresh.isEmpty() ? this : of(named, leaders);
  }

  /** The one table in which the slots have these leaders: each is named once, where it is used. */
  private static SlotTable of(List<Tenure> named, short[] leaders) {
    var places = new HashMap<Tenure, Integer>();
    var used = new ArrayList<Tenure>();
    int[] indexes = new int[named.size()];
    Arrays.fill(indexes, -1);
    short[] slots = new short[leaders.length];
    for (int slot = 0; slot < slots.length; slot++) {
      int leader = leaders[slot];
      if (indexes[leader] < 0) {
        Tenure tenure = named.get(leader);
        Integer place = places.putIfAbsent(tenure, used.size());
        if (place == null) {
          place = used.size();
          used.add(tenure);
        }
        indexes[leader] = place;
      }
      slots[slot] = (short) indexes[leader];
    }
    return new SlotTable(used, slots);
  }

  void write(ByteOutput out) {
    out.list(
        tenures,
        (to, tenure) ->
            to.text(tenure.nodeId())
                .u64(tenure.incarnation())
                .u64(tenure.epoch())
                .flag(tenure.handedOver()));
    out.u16s(slots);
  }

  /**
   * The table that the bytes are.
   *
   * @param isFirst true if nothing could be handed over when they were written
   */
  static SlotTable read(ByteInput in, boolean isFirst) {
    List<Tenure> tenures =
        in.list(from -> new Tenure(from.text(), from.u64(), from.u64(), !isFirst && from.flag()));
    short[] leaders = in.u16s(HashRing.SLOTS);
    for (short index : leaders) {
      if (index < 0 || index >= tenures.size()) {
        throw new MalformedBytesException("no such tenure: index=" + (index & 0xffff));
      }
    }
    return of(tenures, leaders);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SlotTable that
        && tenures.equals(that.tenures)
        && Arrays.equals(slots, that.slots);
  }

  @Override
  public int hashCode() {
    return 31 * tenures.hashCode() + Arrays.hashCode(slots);
  }
}
