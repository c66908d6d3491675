package io.silverback.server.member;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silverback.cluster.HashRing;
import io.silverback.codec.bytes.ByteInput;
import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.bytes.MalformedBytesException;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.handler.Cardinality;
import io.silverback.server.handler.Cardinality.Dimension;
import io.silverback.server.handler.GroupFinder;
import io.silverback.server.handler.GroupFinder.Place;
import io.silverback.server.handler.GroupFinder.Query;
import io.silverback.server.handler.GroupFinder.State;
import io.silverback.server.handler.JobTotals.Order;
import io.silverback.server.remotewrite.Reached;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.UpdateCodec;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * What one server of a cluster asks another about itself and the groups that it has. Layout: {@code
 * docs/formats/server-questions.md}. Longer than other classes, as each question is written and
 * read here.
 */
sealed interface ServerQuestion {
  int FORMAT = 1;

  /** How the reason begins with which a server withholds what it does not know. */
  String UNKNOWN = "unknown kind of question ";

  /** By their numbers. */
  List<Order> ORDERS = List.of(Order.SERIES, Order.BYTES, Order.PUSHES, Order.REFUSALS);

  List<Dimension> DIMENSIONS = List.of(Dimension.METRIC, Dimension.LABEL, Dimension.VALUE);

  List<State> STATES = List.of(State.ANY, State.FAILED, State.OVERDUE, State.STALE);

  List<GroupFinder.Order> ROW_ORDERS =
      List.of(
          GroupFinder.Order.NAME,
          GroupFinder.Order.LAST_PUSH,
          GroupFinder.Order.LAST_FAILURE,
          GroupFinder.Order.SERIES,
          GroupFinder.Order.BYTES);

  /** How many groups there are. */
  record Count() implements ServerQuestion {}

  /**
   * The keys of groups, in their order.
   *
   * @param after the key before the first of them, empty for the beginning
   * @param most bytes of keys, about; one key is told in any case
   */
  record Names(byte[] after, int most) implements ServerQuestion {}

  /**
   * The states of groups.
   *
   * @param most bytes of states; one state is told in any case, and what has no room any more is to
   *     be asked for again
   */
  record States(List<byte[]> keys, int most) implements ServerQuestion {}

  /** How the server stands; answered without a lease, too. */
  record Part() implements ServerQuestion {}

  /** What the server has of a group; answered without a lease, too. */
  record Copy(byte[] key) implements ServerQuestion {}

  /** Which slots the server shows. */
  record Led() implements ServerQuestion {}

  /**
   * Begins a stream of what the server shows in some slots, as of now.
   *
   * @param slots as {@link java.util.BitSet#toByteArray} writes them
   */
  record Stream(byte[] slots) implements ServerQuestion {}

  /**
   * The next piece of a stream.
   *
   * @param again true for one that begins with the family which the last one was in
   */
  record Next(byte[] stream, boolean again) implements ServerQuestion {}

  /** Ends a stream; answered without a lease, too. */
  record End(byte[] stream) implements ServerQuestion {}

  /**
   * Begins a stream of the history that the server has; answered without a lease, too.
   *
   * @param selectors as {@link SeriesSelector#parse} reads them
   */
  record History(List<String> selectors, long startMillis, long endMillis, boolean marksEnds)
      implements ServerQuestion {
    static History of(HistoryQuery query) {
      return new History(
          query.selectors().stream().map(SeriesSelector::text).toList(),
          query.startMillis(),
          query.endMillis(),
          query.marksEnds());
    }

    HistoryQuery query() {
      return new HistoryQuery(SeriesSelector.parse(selectors), startMillis, endMillis, marksEnds);
    }
  }

  /** Which jobs have the most, in the slots that the server shows, or do the most at it. */
  record Heaviest(Order order) implements ServerQuestion {}

  /**
   * What some jobs have in the slots that the server shows, and do at it.
   *
   * @param names as they are shown, each but once
   */
  record Jobs(List<String> names) implements ServerQuestion {}

  /** Which groups of those that the server shows are meant, and how they are in short. */
  record Find(Query query) implements ServerQuestion {}

  /** What clients of the server have trouble with; answered without a lease, too. */
  record Complaints() implements ServerQuestion {}

  /**
   * What the server, as the leader of its group, would do with an update.
   *
   * @param update as {@link UpdateCodec} writes it
   */
  record Rehearse(byte[] update) implements ServerQuestion {}

  /** Which names or values the series that the server shows have most. */
  record Rank(Cardinality.Query query) implements ServerQuestion {}

  /**
   * Begins a stream of all that the server has of what was pushed to some slots, with each end of a
   * series; answered without a lease, too.
   */
  record Pushes(BitSet slots, long fromMillis, long toMillis) implements ServerQuestion {}

  /** Tells how far a target of remote write got; answered with no place. */
  record Reach(String target, List<Reached> reached) implements ServerQuestion {}

  /** Which clients pushed to a group at the server; answered without a lease, too. */
  record Clients(byte[] key) implements ServerQuestion {}

  /** How far a target of remote write got in some slots; answered without a lease, too. */
  record Where(String target, BitSet slots) implements ServerQuestion {}

  default byte[] encode() {
    var out = new ByteOutput().u8(FORMAT);
    return switch (this) {
      case Count() -> out.u8(1).list(List.of()).finish();
      case Names(var after, int most) -> out.u8(2).u32(most).list(List.of(after)).finish();
      case States(var keys, int most) -> out.u8(3).u32(most).list(keys).finish();
      case Part() -> out.u8(4).u32(0).list(List.of()).finish();
      case Copy(var key) -> out.u8(5).u32(0).list(List.of(key)).finish();
      case Led() -> out.u8(6).u32(0).list(List.of()).finish();
      case Stream(var slots) -> out.u8(7).u32(0).list(List.of(slots)).finish();
      case Next(var stream, boolean again) ->
          out.u8(8).u32(again ? 1 : 0).list(List.of(stream)).finish();
      case History(var selectors, long start, long end, boolean marksEnds) -> {
        var strings = new ArrayList<byte[]>();
        strings.add(new ByteOutput().u64(start).u64(end).finish());
        selectors.forEach(text -> strings.add(text.getBytes(UTF_8)));
        // Servers of before do not look at the number, and mark no ends.
        yield out.u8(10).u32(marksEnds ? 1 : 0).list(strings).finish();
      }
      case Heaviest(var order) -> out.u8(11).u32(ORDERS.indexOf(order)).list(List.of()).finish();
      case Jobs(var names) ->
          out.u8(12)
              .u32(0)
              .list(names.stream().map(name -> name.getBytes(UTF_8)).toList())
              .finish();
      case Find(var query) -> out.u8(13).u32(query.most()).list(strings(query)).finish();
      case Complaints() -> out.u8(14).u32(0).list(List.of()).finish();
      case Rehearse(var update) -> out.u8(15).u32(0).list(List.of(update)).finish();
      case Rank(var query) ->
          out.u8(16)
              .u32(DIMENSIONS.indexOf(query.by()))
              .list(List.of(query.metric().getBytes(UTF_8), query.label().getBytes(UTF_8)))
              .finish();
      case Pushes(var slots, long from, long to) -> {
        byte[] times = new ByteOutput().u64(from).u64(to).finish();
        yield out.u8(17).u32(0).list(List.of(times, slots.toByteArray())).finish();
      }
      case Reach(var target, var reached) -> {
        var strings = new ArrayList<byte[]>();
        strings.add(target.getBytes(UTF_8));
        reached.forEach(each -> strings.add(bytes(each)));
        yield out.u8(18).u32(0).list(strings).finish();
      }
      case Where(var target, var slots) ->
          out.u8(19).u32(0).list(List.of(target.getBytes(UTF_8), slots.toByteArray())).finish();
      case Clients(var key) -> out.u8(20).u32(0).list(List.of(key)).finish();
      case End(var stream) -> out.u8(9).u32(0).list(List.of(stream)).finish();
    };
  }

  /**
   * The question that the bytes are.
   *
   * @throws MalformedBytesException if they are not valid
   */
  static ServerQuestion decode(byte[] bytes) {
    var in = new ByteInput(bytes);
    if (in.u8() != FORMAT) {
      throw in.fault("not a question of this version");
    }
    int kind = in.u8();
    int most = kind == 1 ? 0 : in.size();
    List<byte[]> keys = in.list(ByteInput::bytes);
    in.end();
    return switch (kind) {
      case 1 -> {
        expect(0, keys, in);
        yield new Count();
      }
      case 2 -> {
        expect(1, keys, in);
        yield new Names(keys.getFirst(), most);
      }
      case 3 -> new States(keys, most);
      case 4 -> {
        expect(0, keys, in);
        yield new Part();
      }
      case 5 -> {
        expect(1, keys, in);
        yield new Copy(keys.getFirst());
      }
      case 6 -> {
        expect(0, keys, in);
        yield new Led();
      }
      case 7 -> {
        expect(1, keys, in);
        yield new Stream(keys.getFirst());
      }
      case 8 -> {
        expect(1, keys, in);
        yield new Next(keys.getFirst(), most == 1);
      }
      case 9 -> {
        expect(1, keys, in);
        yield new End(keys.getFirst());
      }
      case 10 -> history(keys, most == 1, in);
      case 11 -> {
        expect(0, keys, in);
        if (most >= ORDERS.size()) {
          throw in.fault("unknown order " + most);
        }
        yield new Heaviest(ORDERS.get(most));
      }
      case 12 -> new Jobs(keys.stream().map(name -> new String(name, UTF_8)).toList());
      case 13 -> new Find(query(most, keys, in));
      case 14 -> {
        expect(0, keys, in);
        yield new Complaints();
      }
      case 16 -> {
        expect(2, keys, in);
        if (most >= DIMENSIONS.size()) {
          throw in.fault("unknown dimension " + most);
        }
        yield new Rank(
            new Cardinality.Query(
                DIMENSIONS.get(most),
                new String(keys.getFirst(), UTF_8),
                new String(keys.getLast(), UTF_8)));
      }
      case 15 -> {
        expect(1, keys, in);
        yield new Rehearse(keys.getFirst());
      }
      case 17 -> {
        expect(2, keys, in);
        var times = new ByteInput(keys.getFirst());
        var question = new Pushes(slots(keys.get(1), in), times.u64(), times.u64());
        times.end();
        yield question;
      }
      case 18 -> {
        if (keys.isEmpty()) {
          throw in.fault("wrong number of byte strings");
        }
        List<Reached> reached = keys.stream().skip(1).map(ServerQuestion::reached).toList();
        yield new Reach(new String(keys.getFirst(), UTF_8), reached);
      }
      case 19 -> {
        expect(2, keys, in);
        yield new Where(new String(keys.getFirst(), UTF_8), slots(keys.get(1), in));
      }
      case 20 -> {
        expect(1, keys, in);
        yield new Clients(keys.getFirst());
      }
      default -> throw in.fault(UNKNOWN + kind);
    };
  }

  private static History history(List<byte[]> strings, boolean marksEnds, ByteInput in) {
    if (strings.size() < 2) {
      throw in.fault("wrong number of byte strings");
    }
    var times = new ByteInput(strings.getFirst());
    var question =
        new History(
            strings.stream().skip(1).map(text -> new String(text, UTF_8)).toList(),
            times.u64(),
            times.u64(),
            marksEnds);
    times.end();
    return question;
  }

  static byte[] bytes(Reached reached) {
    return new ByteOutput()
        .u64(reached.epoch())
        .u64(reached.doneMillis())
        .u64(reached.begunMillis())
        .bytes(reached.slots().toByteArray())
        .finish();
  }

  static Reached reached(byte[] bytes) {
    var in = new ByteInput(bytes);
    var reached = new Reached(in.u64(), in.u64(), in.u64(), slots(in.bytes(), in));
    in.end();
    if (reached.epoch() < 0
        || reached.doneMillis() < 0
        || reached.begunMillis() < reached.doneMillis()) {
      throw in.fault("not a place that a target can have reached");
    }
    return reached;
  }

  private static BitSet slots(byte[] bits, ByteInput in) {
    if (bits.length > HashRing.SLOTS / Byte.SIZE) {
      throw in.fault("more slots than there are");
    }
    return BitSet.valueOf(bits);
  }

  static void expect(int count, List<byte[]> strings, ByteInput in) {
    if (strings.size() != count) {
      throw in.fault("wrong number of byte strings");
    }
  }

  /** The place and the order first, then what the groups are called. */
  private static List<byte[]> strings(Query query) {
    var strings = new ArrayList<byte[]>();
    var head =
        new ByteOutput()
            .u8(STATES.indexOf(query.state()))
            .u8(ROW_ORDERS.indexOf(query.order()))
            .flag(query.isDescending());
    query.after().ifPresent(place -> head.u64(place.weight()).bytes(GroupKeys.encode(place.key())));
    strings.add(head.finish());
    strings.add(query.search().getBytes(UTF_8));
    query.matches().forEach(text -> strings.add(text.getBytes(UTF_8)));
    return strings;
  }

  private static Query query(int most, List<byte[]> strings, ByteInput in) {
    if (strings.size() < 2) {
      throw in.fault("wrong number of byte strings");
    }
    var head = new ByteInput(strings.getFirst());
    State state = numbered(STATES, head);
    GroupFinder.Order order = numbered(ROW_ORDERS, head);
    boolean isDescending = head.flag();
    Optional<Place> after = Optional.empty();
    if (strings.getFirst().length > 3) {
      long weight = head.u64();
      after = Optional.of(new Place(weight, GroupKeys.decode(head.bytes())));
    }
    head.end();
    return new Query(
        new String(strings.get(1), UTF_8),
        strings.stream().skip(2).map(text -> new String(text, UTF_8)).toList(),
        state,
        order,
        isDescending,
        most,
        after);
  }

  /** The value whose number comes next. */
  static <T> T numbered(List<T> values, ByteInput in) {
    int number = in.u8();
    if (number >= values.size()) {
      throw in.fault("unknown number " + number);
    }
    return values.get(number);
  }
}
