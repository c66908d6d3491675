package io.silverback.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/**
 * Who leads each slot, and from which epoch on. Immutable.
 *
 * <p>Says where a slot <i>is</i>; where it should be is said by {@link HashRing}.
 */
public final class SlotTable {
  /** Of no member, and never led. */
  static final SlotTable EMPTY =
      new SlotTable(List.of(new Tenure("", 0, 0)), new short[HashRing.SLOTS]);

  private final List<Tenure> tenures;
  private final short[] slots;

  /**
   * The time of one leader of some slots.
   *
   * @param nodeId empty for nobody
   * @param incarnation of the process start that leads
   * @param epoch of the view that made it the leader
   */
  public record Tenure(String nodeId, long incarnation, long epoch) {
    public boolean isOf(Member member) {
      return nodeId.equals(member.nodeId()) && incarnation == member.incarnation();
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
  IntPredicate ledBy(Member member) {
    return slot -> tenure(slot).isOf(member);
  }

  /** How many slots the member leads, or is to lead. */
  public int countOf(Member member) {
    int count = 0;
    for (short index : slots) {
      count += tenures.get(index).isOf(member) ? 1 : 0;
    }
    return count;
  }

  /**
   * The table in which some slots have another leader.
   *
   * @param moved says of a slot who leads it from now on; empty if nothing changes
   */
  SlotTable with(long epoch, IntFunction<Optional<Member>> moved) {
    var next = new Tenure[HashRing.SLOTS];
    Arrays.setAll(
        next,
        slot ->
            moved
                .apply(slot)
                .map(member -> new Tenure(member.nodeId(), member.incarnation(), epoch))
                .orElse(tenure(slot)));
    return of(next);
  }

  private static SlotTable of(Tenure[] leaders) {
    var places = new HashMap<Tenure, Integer>();
    var tenures = new ArrayList<Tenure>();
    short[] slots = new short[HashRing.SLOTS];
    for (int slot = 0; slot < slots.length; slot++) {
      Integer place = places.putIfAbsent(leaders[slot], tenures.size());
      if (place == null) {
        place = tenures.size();
        tenures.add(leaders[slot]);
      }
      slots[slot] = place.shortValue();
    }
    return new SlotTable(tenures, slots);
  }

  void write(Wire.Writer out) {
    out.list(
        tenures,
        (to, tenure) -> to.text(tenure.nodeId()).u64(tenure.incarnation()).u64(tenure.epoch()));
    for (short index : slots) {
      out.u16(index);
    }
  }

  static SlotTable read(Wire.Reader in) {
    List<Tenure> tenures = in.list(from -> new Tenure(from.text(), from.u64(), from.u64()));
    var leaders = new Tenure[HashRing.SLOTS];
    for (int slot = 0; slot < leaders.length; slot++) {
      int index = in.u16();
      if (index >= tenures.size()) {
        throw new MalformedMessageException("no such tenure: index=" + index);
      }
      leaders[slot] = tenures.get(index);
    }
    return of(leaders);
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
