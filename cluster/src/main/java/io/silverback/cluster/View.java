package io.silverback.cluster;

import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * What the cluster agreed on: its members, who votes, and who leads which slot. Immutable; each
 * view has the number of the one before it plus one, unless stores are here that have versions of a
 * later epoch: then the next view has all epochs raised above them, and changes nothing else.
 *
 * <p>Where a majority of the voters is lost for good, one that is left founds the cluster again:
 * with a view of a new generation, of which it is the only voter, far above all epochs that the
 * others may yet agree on. Who hears of a later generation follows it, whatever it knew.
 *
 * @param generation 0 from the first view on; each time the cluster is founded again a larger one,
 *     which differs from all others: see {@link #refoundings}
 * @param epoch the number, from 1 on
 * @param clusterId a random number that the first view got and all others keep
 * @param seats of the members, in the order in which they came
 * @param removed process starts that are no members any more, the newest last; those that went long
 *     ago are forgotten
 */
public record View(
    long generation,
    long epoch,
    long clusterId,
    List<Seat> seats,
    List<Removed> removed,
    SlotTable slots) {
  private static final int FORMAT = 3;

  /**
   * Without a generation. Views of the first one are written so, for builds that know of no other.
   */
  private static final int FORMAT_OF_ONE_GENERATION = 2;

  /** Without drains and without slots that were handed over. */
  private static final int FIRST_FORMAT = 1;

  /** No cluster gets there: with a view each millisecond it would take 34 years. */
  public static final long MOST_EPOCH = 1L << 40;

  /**
   * A member of the view.
   *
   * @param votes true if its grants count
   * @param mayLead false for one that was removed before and has yet to prove that it stays
   * @param returns how often a node of that name was removed before
   * @param drain what it is to hand over to others
   */
  public record Seat(Member member, boolean votes, boolean mayLead, int returns, Drain drain) {
    /** One that hands over nothing. */
    public Seat(Member member, boolean votes, boolean mayLead, int returns) {
      this(member, votes, mayLead, returns, Drain.NONE);
    }
  }

  /** What a member is to hand over. */
  public enum Drain {
    NONE,
    /** The slots that it leads; it keeps its copies. So it may end and come back soon. */
    LEADERSHIP,
    /** The slots that it leads, and its share of copies. So it may end for good. */
    ALL
  }

  /**
   * A process start that was removed.
   *
   * @param epoch of the first view without it
   * @param wallMillis when, by the clock of its proposer
   * @param returns how often a node of that name was removed, this time included
   */
  public record Removed(Member member, long epoch, long wallMillis, int returns) {}

  /** Bits of a generation that are drawn, so that no two are equal. */
  private static final int DRAWN_BITS = Integer.SIZE;

  /** By how much the epoch rises when the cluster is founded again. */
  static final long EPOCHS_OF_A_GENERATION = 1L << 20;

  /** A view of the first generation. */
  public View(
      long epoch, long clusterId, List<Seat> seats, List<Removed> removed, SlotTable slots) {
    this(0, epoch, clusterId, seats, removed, slots);
  }

  public View {
    seats = List.copyOf(seats);
    removed = List.copyOf(removed);
  }

  public List<Member> members() {
    var members = new ArrayList<Member>(seats.size());
    seats.forEach(seat -> members.add(seat.member()));
    return members;
  }

  public List<Member> voters() {
    var voters = new ArrayList<Member>(seats.size());
    for (Seat seat : seats) {
      if (seat.votes()) {
        voters.add(seat.member());
      }
    }
    return voters;
  }

  /**
   * True if it may replace that view: it is the next one, or the same with its epochs raised, and
   * then its proposer knew the view before.
   */
  public boolean follows(View before) {
    return clusterId == before.clusterId()
        && generation == before.generation()
        && (epoch == before.epoch() + 1
            || (epoch > before.epoch() && equals(before.raised(epoch))));
  }

  /**
   * True if it replaces that view for all that hear of it: it is of a later generation, or a later
   * one of the same.
   */
  public boolean isAfter(View other) {
    return generation == other.generation()
        ? epoch > other.epoch()
        : generation > other.generation();
  }

  /** How often the cluster was founded again. */
  public long refoundings() {
    return generation >>> DRAWN_BITS;
  }

  /** A generation after this one. Of two that are drawn, one is later than the other. */
  public long nextGeneration(long random) {
    return (refoundings() + 1) << DRAWN_BITS | (random & -1L >>> DRAWN_BITS);
  }

  /** The first epoch of a generation after this one; empty if there are no more of them. */
  public OptionalLong nextGenerationEpoch() {
    return epoch < MOST_EPOCH - 2 * EPOCHS_OF_A_GENERATION && generation >= 0
        ? OptionalLong.of(epoch + EPOCHS_OF_A_GENERATION)
        : OptionalLong.empty();
  }

  /** This view from a later epoch on: all lead what they led. */
  public View raised(long later) {
    SlotTable raised =
        slots.with(
            later,
            slot -> {
              SlotTable.Tenure tenure = slots.tenure(slot);
              return member(tenure.nodeId(), tenure.incarnation());
            });
    return new View(generation, later, clusterId, seats, removed, raised);
  }

  /** How many voters are a majority. */
  public int majority() {
    return voters().size() / 2 + 1;
  }

  /** The seat of that process start, if it is a member. */
  public Optional<Seat> seatOf(Member member) {
    return seats.stream().filter(seat -> seat.member().isSameProcess(member)).findFirst();
  }

  /** True if that process start is a member. */
  public boolean has(Member member) {
    return member(member.nodeId(), member.incarnation()).isPresent();
  }

  /** True if that process start votes. */
  public boolean hasVoter(Member member) {
    for (Seat seat : seats) {
      if (seat.votes() && seat.member().isSameProcess(member)) {
        return true;
      }
    }
    return false;
  }

  /** The member of which that process is a later start, with the same files. */
  public Optional<Member> predecessor(Member member) {
    return members().stream()
        .filter(seated -> seated.storeId() == member.storeId() && seated.isSameNode(member))
        .filter(seated -> !seated.isSameProcess(member))
        .findFirst();
  }

  public Optional<Member> member(String nodeId, long incarnation) {
    for (Seat seat : seats) {
      Member member = seat.member();
      if (member.incarnation() == incarnation && member.nodeId().equals(nodeId)) {
        return Optional.of(member);
      }
    }
    return Optional.empty();
  }

  /** The members that should hold the slot, in the order of preference. */
  public List<Member> owners(int slot) {
    return ring().owners(slot);
  }

  /**
   * For callers that ask for the owners of many slots. Those that are drained of all own what there
   * are not enough others for.
   */
  public HashRing ring() {
    List<Member> drained = holders(seats, seat -> seat.drain() == Drain.ALL);
    List<Member> staying = holders(seats, seat -> seat.drain() != Drain.ALL);
    return staying.isEmpty() ? new HashRing(drained) : new HashRing(staying, drained);
  }

  /**
   * True if each slot has an owner among those members that may lead: one that may not has come a
   * moment ago, and perhaps not everything yet.
   *
   * @param copies how many owners a slot has
   */
  public boolean isHeldBy(Collection<Member> members, int copies) {
    Map<String, BitSet> shares = ring().shares(copies);
    var held = new BitSet(HashRing.SLOTS);
    for (Member member : members) {
      if (seatOf(member).filter(Seat::mayLead).isPresent()) {
        held.or(shares.getOrDefault(member.nodeId(), new BitSet()));
      }
    }
    return held.cardinality() == HashRing.SLOTS;
  }

  /** Of those that should lead, each slot by the first owner; all that hold groups if none may. */
  public HashRing leaders() {
    return leaders(seats);
  }

  /** The same, if there were those seats alone. */
  public static HashRing leaders(List<Seat> seats) {
    List<Member> staying = holders(seats, seat -> seat.drain() == Drain.NONE);
    List<Member> ready = holders(seats, seat -> seat.drain() == Drain.NONE && seat.mayLead());
    List<Member> all = staying.isEmpty() ? holders(seats, _ -> true) : staying;
    return new HashRing(ready.isEmpty() ? all : ready);
  }

  private static List<Member> holders(List<Seat> seats, Predicate<Seat> wanted) {
    return seats.stream()
        .filter(seat -> !seat.member().voterOnly() && wanted.test(seat))
        .map(Seat::member)
        .toList();
  }

  /** Layout: {@code docs/formats/peer-messages.md}. */
  public byte[] encode() {
    var out = new ByteOutput();
    write(out);
    return out.finish();
  }

  /** A number that two views share only if they are equal, as far as anyone can tell. */
  public long digest() {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(encode())).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it: algorithm=SHA-256", e);
    }
  }

  /**
   * The view that the bytes are.
   *
   * @throws MalformedBytesException if they are not valid
   */
  public static View decode(byte[] bytes) {
    var in = new ByteInput(bytes);
    View view = read(in);
    in.end();
    return view;
  }

  public void write(ByteOutput out) {
    if (generation == 0) {
      out.u8(FORMAT_OF_ONE_GENERATION);
    } else {
      out.u8(FORMAT).u64(generation);
    }
    out.u64(epoch).u64(clusterId);
    out.list(
        seats,
        (to, seat) -> {
          write(to, seat.member());
          to.flag(seat.votes()).flag(seat.mayLead()).u32(seat.returns());
          to.text(seat.drain().name());
        });
    out.list(
        removed,
        (to, gone) -> {
          write(to, gone.member());
          to.u64(gone.epoch()).u64(gone.wallMillis()).u32(gone.returns());
        });
    slots.write(out);
  }

  public static View read(ByteInput in) {
    int format = in.u8();
    if (format < FIRST_FORMAT || format > FORMAT) {
      throw new MalformedBytesException("not a view of this version: format=" + format);
    }
    boolean isFirst = format == FIRST_FORMAT;
    return new View(
        format == FORMAT ? in.u64() : 0,
        in.u64(),
        in.u64(),
        in.list(from -> readSeat(from, isFirst)),
        in.list(from -> new Removed(readMember(from), from.u64(), from.u64(), from.u32())),
        SlotTable.read(in, isFirst));
  }

  private static Seat readSeat(ByteInput in, boolean isFirst) {
    return new Seat(
        readMember(in),
        in.flag(),
        in.flag(),
        in.u32(),
        isFirst ? Drain.NONE : in.constant(Drain.values()));
  }

  public static void write(ByteOutput out, Member member) {
    out.text(member.nodeId()).u64(member.incarnation()).u64(member.storeId());
    out.text(member.peerAddress()).text(member.webAddress()).text(member.zone());
    out.flag(member.voterOnly());
  }

  public static Member readMember(ByteInput in) {
    return new Member(in.text(), in.u64(), in.u64(), in.text(), in.text(), in.text(), in.flag());
  }
}
