package io.silverback.server.group;

import static io.silverback.server.group.Samples.at;
import static io.silverback.server.group.Samples.gauge;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.Stamp;
import io.silverback.codec.model.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class GroupMergeTest {
  private static final GroupingKey KEY = GroupingKey.of("nightly", "dc", "y");

  @Property(tries = 500)
  void isCommutative(@ForAll("states") GroupState a, @ForAll("states") GroupState b) {
    assertEquals(GroupMerge.merge(a, b), GroupMerge.merge(b, a));
  }

  @Property(tries = 500)
  void isAssociative(
      @ForAll("states") GroupState a,
      @ForAll("states") GroupState b,
      @ForAll("states") GroupState c) {
    assertEquals(
        GroupMerge.merge(GroupMerge.merge(a, b), c), GroupMerge.merge(a, GroupMerge.merge(b, c)));
  }

  @Property(tries = 500)
  void isIdempotent(@ForAll("states") GroupState a, @ForAll("states") GroupState b) {
    assertEquals(a, GroupMerge.merge(a, a));
    GroupState both = GroupMerge.merge(a, b);
    assertEquals(both, GroupMerge.merge(both, b));
  }

  @Property(tries = 500)
  void anyDeliveryEndsWhereReplayInOrderDoes(
      @ForAll("events") List<Event> events, @ForAll Random order) {
    var replayed = new Replay();
    var inOrder = GroupState.absent(KEY);
    var delivered = new ArrayList<GroupState>();
    for (int i = 0; i < events.size(); i++) {
      Stamp stamp = at(i + 1);
      replayed.happen(events.get(i), stamp);
      GroupState before = inOrder;
      inOrder = happen(inOrder, events.get(i), stamp);
      for (int copies = 1 + order.nextInt(2); copies > 0; copies--) {
        delivered.add(effect(before, events.get(i), stamp));
      }
    }
    // Merges random pairs, so that groups of effects meet before they reach the rest.
    while (delivered.size() > 1) {
      GroupState left = delivered.remove(order.nextInt(delivered.size()));
      GroupState right = delivered.remove(order.nextInt(delivered.size()));
      delivered.add(GroupMerge.merge(left, right));
    }
    assertEquals(inOrder, delivered.isEmpty() ? GroupState.absent(KEY) : delivered.getFirst());
    replayed.assertShownBy(inOrder);
  }

  @Test
  void refusesStatesOfTwoGroups() {
    assertThrows(
        IllegalArgumentException.class,
        () -> GroupMerge.merge(GroupState.absent(KEY), GroupState.absent(GroupingKey.of("other"))));
  }

  private enum Kind {
    PUT,
    POST,
    DELETE,
    EXPIRE,
    PURGE,
    FAIL
  }

  record Event(Kind kind, Set<String> names) {}

  @Provide
  Arbitrary<Event> event() {
    return Combinators.combine(
            Arbitraries.of(Kind.values()), Arbitraries.of("a", "b", "c").set().ofMaxSize(3))
        .as(Event::new);
  }

  @Provide
  Arbitrary<List<Event>> events() {
    return event().list().ofMaxSize(12);
  }

  /** States that are subsets of one history, as replicas hold them. */
  @Provide
  Arbitrary<GroupState> states() {
    return Arbitraries.integers()
        .between(0, HISTORY.size() - 1)
        .set()
        .ofMaxSize(HISTORY.size())
        .map(
            known -> {
              GroupState state = GroupState.absent(KEY);
              for (int i : known) {
                state = happen(state, HISTORY.get(i), at(i + 1));
              }
              return state;
            });
  }

  private static final List<Event> HISTORY =
      List.of(
          new Event(Kind.PUT, Set.of("a", "b")),
          new Event(Kind.POST, Set.of("b", "c")),
          new Event(Kind.FAIL, Set.of()),
          new Event(Kind.EXPIRE, Set.of()),
          new Event(Kind.POST, Set.of("a")),
          new Event(Kind.DELETE, Set.of()),
          new Event(Kind.POST, Set.of("a", "c")),
          new Event(Kind.PUT, Set.of("b")),
          new Event(Kind.FAIL, Set.of()),
          new Event(Kind.POST, Set.of("c")));

  private static GroupState happen(GroupState state, Event event, Stamp stamp) {
    return switch (event.kind()) {
      case FAIL -> GroupUpdater.markFailure(state, stamp);
      case PUT, POST, DELETE, EXPIRE, PURGE ->
          GroupUpdater.apply(state, update(event, stamp), stamp);
    };
  }

  /** What a server that sees the event sends to others. */
  private static GroupState effect(GroupState before, Event event, Stamp stamp) {
    return event.kind() == Kind.FAIL
        ? GroupUpdater.markFailure(GroupState.absent(KEY), stamp)
        : GroupUpdater.effectOf(before, update(event, stamp), stamp);
  }

  private static GroupUpdate update(Event event, Stamp stamp) {
    return switch (event.kind()) {
      case PUT -> Samples.put(KEY, body(event, stamp));
      case POST -> Samples.post(KEY, body(event, stamp));
      case DELETE -> Samples.delete(KEY);
      case EXPIRE -> new GroupUpdate.Expire(KEY, Version.NEVER, true);
      case PURGE -> new GroupUpdate.Purge(KEY, Version.NEVER);
      case FAIL -> throw new IllegalArgumentException("no update: event=" + event);
    };
  }

  /** Values tell which event wrote them. */
  private static MetricFamily[] body(Event event, Stamp stamp) {
    return event.names().stream()
        .map(name -> gauge(name, (double) stamp.wallMillis()))
        .toArray(MetricFamily[]::new);
  }

  /** What a server does that sees every event once and in order, without versions. */
  private static final class Replay {
    private final Map<String, Double> values = new TreeMap<>();
    private boolean exists;
    private long pushMillis;
    private long failureMillis;

    void happen(Event event, Stamp stamp) {
      switch (event.kind()) {
        case PUT, POST -> {
          if (event.kind() == Kind.PUT) {
            values.clear();
          }
          event.names().forEach(name -> values.put(name, (double) stamp.wallMillis()));
          exists = true;
          pushMillis = stamp.wallMillis();
        }
        case DELETE, PURGE -> {
          values.clear();
          exists = false;
          pushMillis = 0;
          failureMillis = 0;
        }
        case EXPIRE -> values.clear();
        case FAIL -> {
          exists = true;
          failureMillis = stamp.wallMillis();
        }
      }
    }

    void assertShownBy(GroupState group) {
      var shown = new TreeMap<String, Double>();
      group
          .families()
          .forEach(
              (name, family) ->
                  shown.put(name, ((Metric.Gauge) family.family().metrics().getFirst()).value()));
      assertEquals(values, shown);
      assertEquals(exists, group.exists());
      assertEquals(pushMillis, group.bounds().pushMillis());
      assertEquals(failureMillis, group.bounds().failureMillis());
    }
  }
}
