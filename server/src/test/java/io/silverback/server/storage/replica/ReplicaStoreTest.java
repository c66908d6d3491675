package io.silverback.server.storage.replica;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.group.Samples.timestamped;
import static io.silverback.server.storage.replica.Replicas.answer;
import static io.silverback.server.storage.replica.Replicas.effect;
import static io.silverback.server.storage.replica.Replicas.history;
import static io.silverback.server.storage.replica.Replicas.merge;
import static io.silverback.server.storage.replica.Replicas.prepare;
import static io.silverback.server.storage.replica.Replicas.states;
import static io.silverback.server.storage.replica.Replicas.whole;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore.Claim;
import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.cluster.ReplicaStore.Prepared;
import io.silverback.cluster.ReplicaStore.State;
import io.silverback.cluster.ReplicaStore.Update;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupStateMessage;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.Limit;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.Obstacle;
import io.silverback.server.storage.RandomUpdates;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.engine.DiskGuard;
import io.silverback.server.storage.engine.StoreParts;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.Replicas.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the store promises the cluster.
 *
 * <p>Longer than other classes: all cases share the two stores and the states below.
 */
@Timeout(60)
final class ReplicaStoreTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");

  private static final DiskGuard FULL =
      new DiskGuard() {
        private final Obstacle full = new Obstacle.TooMuch(Limit.FREE_DISK, "the disk is full");

        @Override
        public Optional<Obstacle> whyFull() {
          return Optional.of(full);
        }

        @Override
        public Obstacle explain(InternalError fault) {
          return full;
        }
      };

  @TempDir Path folder;
  private long now = 1_800_000_000_000L;
  private long clock;
  private final Node leader = Replicas.node(() -> now);
  private final Node follower = Replicas.node(() -> now);

  @AfterEach
  void close() {
    leader.close();
    follower.close();
  }

  @Test
  void aPairAnswersAndHoldsWhatASingleNodeWould() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var updates = new RandomUpdates(new SplittableRandom(seed));
    try (var single = Replicas.store(() -> now, true, StorageLimits.NONE)) {
      for (int step = 0; step < 1_000; step++) {
        now += 7;
        GroupUpdate update = updates.next(now);
        assertEquals(single.submit(update), lead(update));
      }
      assertEquals(history(single), history(leader.store()));
      assertEquals(history(single), history(follower.store()));
      assertEquals(single.groupCount(), follower.store().groupCount());
      Replicas.assertSame(leader, follower);
    }
  }

  @Test
  void whatIsPreparedIsNotThere() {
    lead(put(X, gauge("a", 1)));
    var before = Replicas.states(leader);
    var history = history(leader.store());

    effect(leader, put(X, gauge("a", 2)), 100, now);
    effect(leader, put(X, gauge("b", 2, "l", "v")), 100, now);
    effect(leader, put(Y, gauge("c", 2)), 100, now);
    effect(leader, delete(X), 100, now);
    effect(leader, timestamped(X, gauge("a", 2)), 100, now);

    assertEquals(before, Replicas.states(leader));
    assertEquals(history, history(leader.store()));
    assertEquals(
        1,
        leader.store().statistics().maps().stream()
            .filter(map -> map.name().equals("shapes"))
            .findFirst()
            .orElseThrow()
            .entries());
  }

  @Test
  void theShapeComesAlongOnlyIfItIsNew() {
    assertTrue(new GroupStateMessage(sent(put(X, gauge("a", 1)))).hasShape());
    assertFalse(new GroupStateMessage(sent(put(X, gauge("a", 2)))).hasShape());
    assertFalse(new GroupStateMessage(sent(timestamped(X, gauge("a", 2)))).hasShape());
    assertTrue(new GroupStateMessage(sent(post(X, gauge("b", 2)))).hasShape());
  }

  @Test
  void aReplicaThatDoesNotKnowTheShapeAsksForIt() {
    merge(leader, effect(leader, put(X, gauge("a", 1)), 1, now).state());
    byte[] bare = effect(leader, put(X, gauge("a", 2)), 2, now).state().encoded();
    merge(leader, bare);

    assertInstanceOf(Merged.ShapeMissing.class, follower.replica().merge(State.of(bare)));
    assertEquals(0, follower.store().groupCount());
    merge(follower, Replicas.whole(leader, put(X)));
    merge(follower, bare);
    Replicas.assertSame(leader, follower);
  }

  @Test
  void anOlderStateChangesNothing() {
    byte[] first = sent(put(X, gauge("a", 1)));
    sent(put(X, gauge("a", 2)));
    var states = Replicas.states(follower);
    var history = history(follower.store());

    merge(follower, first);

    assertEquals(states, Replicas.states(follower));
    assertEquals(history, history(follower.store()));
  }

  @Test
  void aMissedPushIsAGapAndNoWrongSample() {
    lead(put(X, gauge("a", 1), gauge("b", 1)));
    now += 1000;
    merge(leader, effect(leader, post(X, gauge("a", 2)), 50, now).state());
    now += 1000;
    clock = 50;
    lead(post(X, gauge("b", 3)));
    now += 1000;
    lead(put(X, gauge("a", 4.5), gauge("b", 4.5)));

    assertEquals(
        "1800000000000=1.0 1800000001000=2.0 1800000003000=4.5 ",
        history(leader.store()).get("a{instance=\"\",job=\"x\"}"));
    assertEquals(
        "1800000000000=1.0 1800000003000=4.5 ",
        history(follower.store()).get("a{instance=\"\",job=\"x\"}"));
    assertEquals(
        "1800000000000=1.0 1800000002000=3.0 1800000003000=4.5 ",
        history(follower.store()).get("b{instance=\"\",job=\"x\"}"));
    Replicas.assertSame(leader, follower);
  }

  @Test
  void aDeletedGroupStaysDeleted() {
    byte[] pushed = sent(put(X, gauge("a", 1)));
    lead(delete(X));

    merge(follower, pushed);

    assertEquals(0, follower.store().groupCount());
    assertEquals(1, follower.replica().entries(_ -> true).size());
    lead(put(X, gauge("a", 2)));
    assertEquals(1, follower.store().groupCount());
    Replicas.assertSame(leader, follower);
  }

  @Test
  void deletingAnUnknownGroupIsRemembered() {
    byte[] pushed = effect(leader, put(X, gauge("a", 1)), 1, now).state().encoded();
    byte[] deleted = effect(follower, delete(X), 2, now).state().encoded();

    merge(follower, deleted);
    merge(follower, pushed);

    assertEquals(0, follower.store().groupCount());
  }

  @Test
  void tombstonesTakeThePlacesOfGroups() {
    var limits = new StorageLimits(0, 2, 0, 0, 0);
    try (Node node = Replicas.node(() -> now, true, limits)) {
      merge(node, effect(node, put(X, gauge("a", 1)), 1, now).state());
      merge(node, effect(node, delete(X), 2, now).state());
      merge(node, effect(node, put(Y, gauge("a", 1)), 3, now).state());

      GroupUpdate third = put(GroupingKey.of("z"), gauge("a", 1));
      var refused = prepare(node, third, new Version(1, 4, 7), now);
      assertInstanceOf(Prepared.Settled.class, refused);
      var answer = assertInstanceOf(Submission.OverLimit.class, answer(refused));
      assertTrue(answer.reason().contains("limits.max-groups"), answer.reason());
      var deleted = prepare(node, delete(GroupingKey.of("z")), new Version(1, 4, 7), now);
      assertInstanceOf(Submission.OverLimit.class, answer(deleted));

      merge(node, effect(node, put(X, gauge("a", 2)), 5, now).state());
      assertEquals(2, node.store().groupCount());
      // What another node took is taken, as it was acknowledged there.
      merge(node, effect(leader, third, 6, now).state());
      assertEquals(3, node.store().groupCount());
    }
  }

  @Test
  void fullMemoryRefusesSeriesThatAreNew() {
    try (Node node = Replicas.node(() -> now, true, new StorageLimits(1, 0, 0, 0, 0))) {
      byte[] state = sent(put(X, gauge("a", 1)));
      var refused = assertInstanceOf(Merged.Refused.class, node.replica().merge(State.of(state)));
      assertTrue(refused.reason().contains("storage.max-memory"), refused.reason());
      assertEquals(List.of(), node.replica().entries(_ -> true));
      assertEquals(Optional.of(refused.reason()), node.replica().whyFull());
      merge(node, sent(delete(X)));
    }
  }

  @Test
  void aFullStoreSaysSoAndTakesWhatItHasAlready() {
    assertEquals(Optional.empty(), follower.replica().whyFull());
    byte[] state = sent(put(X, gauge("a", 1)));
    byte[] later = sent(put(X, gauge("a", 2)));
    var replica = new OffHeapReplicaStore(follower.store()::parts, FULL);
    assertEquals(Optional.of("the disk is full"), replica.whyFull());
    assertInstanceOf(Merged.Done.class, replica.merge(State.of(state)));
    assertInstanceOf(Merged.Done.class, replica.merge(State.of(later)));
    for (GroupUpdate growing : List.of(put(X, gauge("a", 3)), put(X, gauge("b", 1)))) {
      byte[] unknown = effect(leader, growing, ++clock, now).state().encoded();
      assertEquals(new Merged.Refused("the disk is full"), replica.merge(State.of(unknown)));
    }
  }

  private static StoreParts hole() {
    throw new InternalError("a fault occurred in an unsafe memory access operation");
  }

  @Test
  void aHoleInAMappingIsAFullDiskAndNoFaultOfTheServer() {
    var holes = new OffHeapReplicaStore(ReplicaStoreTest::hole, FULL);
    Update update = new LocalUpdate(delete(X));
    assertEquals(
        new Merged.Refused("the disk is full"), holes.merge(State.of(sent(put(X, gauge("a", 1))))));
    assertEquals(Optional.of("the disk is full"), holes.whyFull());
    var settled = holes.prepare(update, new Version(1, 60, 7), now);
    assertInstanceOf(Submission.OverLimit.class, answer(settled));

    var others = new OffHeapReplicaStore(ReplicaStoreTest::hole, DiskGuard.NONE);
    assertThrows(InternalError.class, () -> others.prepare(update, new Version(1, 61, 7), now));
  }

  @Test
  void refusalsLeaveAMarkOrAreSettled() {
    lead(put(X, gauge("a", 1)));
    var marked = effect(leader, timestamped(X, gauge("a", 2)), 50, now);
    assertInstanceOf(Submission.Refused.class, answer(marked));
    merge(follower, marked.state());
    assertEquals(now, Replicas.groups(follower.store()).getFirst().bounds().failureMillis());

    var illegal = put(GroupingKey.of("z", "__bad", "1"), gauge("a", 1));
    var settled = prepare(leader, illegal, new Version(1, 51, 7), now);
    assertInstanceOf(Prepared.Settled.class, settled);
    assertInstanceOf(Submission.Refused.class, answer(settled));

    var old = new GroupUpdate.Restore(X, parsed(), 1, 0, Map.of());
    assertEquals(
        new Submission.Outdated(X), answer(prepare(leader, old, new Version(1, 52, 7), now)));
    assertEquals(
        new Submission.Refused(X, "because"),
        SubmissionCodec.decode(
            leader.replica().refusal(Update.of(UpdateCodec.encode(delete(X))), "because")));
  }

  @Test
  void aClaimNamesAllSeriesIfAnyIsNew() {
    Claim first =
        effect(leader, put(X, gauge("a", 1), gauge("b", 1)), 1, now).claim().orElseThrow();
    assertEquals("x", first.job());
    assertEquals("job", first.labelNames());
    assertEquals(2 * 16, first.series().length);
    lead(put(X, gauge("a", 1), gauge("b", 1)));

    assertEquals(Optional.empty(), effect(leader, put(X, gauge("a", 2)), 50, now).claim());
    assertEquals(
        3 * 16,
        effect(leader, post(X, gauge("c", 2)), 50, now).claim().orElseThrow().series().length);
  }

  @Test
  void aClaimCollidesOnlyWithGroupsOfOtherLabelNames() {
    GroupingKey wide = GroupingKey.of("x", "l", "v");
    lead(put(wide, gauge("a", 1)));
    Claim same =
        effect(leader, put(wide, gauge("a", 1), gauge("b", 1)), 50, now).claim().orElseThrow();
    try (Node empty = Replicas.node(() -> now)) {
      Claim narrow = effect(empty, put(X, gauge("a", 1, "l", "v")), 50, now).claim().orElseThrow();
      Claim free = effect(empty, put(X, gauge("a", 1, "l", "w")), 50, now).claim().orElseThrow();

      assertEquals(Optional.of(wide.toString()), leader.replica().collision(narrow));
      assertEquals(Optional.empty(), leader.replica().collision(free));
      assertEquals(Optional.empty(), leader.replica().collision(same));
      assertEquals(Optional.empty(), empty.replica().collision(narrow));
      // Once the job's series are written down as well.
      lead(put(X, gauge("a", 1, "l", "w")));
      assertEquals(Optional.of(wide.toString()), leader.replica().collision(narrow));
      assertEquals(Optional.empty(), leader.replica().collision(free));
    }
    assertEquals(List.of("job", "job,l"), leader.replica().labelNamesOf("x"));
    assertEquals(List.of(), leader.replica().labelNamesOf("y"));
  }

  @Test
  void theClockOfAStoreHearsNoOtherNode() {
    byte[] state = effect(leader, put(X, gauge("a", 1)), Long.MAX_VALUE / 2, now).state().encoded();
    merge(follower, state);

    assertEquals(new Version(1, Long.MAX_VALUE / 2, 7), follower.replica().newest(state));
    assertInstanceOf(Submission.Accepted.class, follower.store().submit(put(Y, gauge("b", 1))));
    Version own = Replicas.groups(follower.store()).get(1).bounds().push().version();
    assertEquals(now, own.clock() >>> 16);
  }

  @Test
  void aSnapshotOfSlotsHasThemAndNoOthers() {
    for (int i = 0; i < 200; i++) {
      lead(put(GroupingKey.of("j" + i), gauge("a", i)));
    }
    try (Snapshot half = leader.store().snapshot(slot -> slot % 2 == 0)) {
      half.groups()
          .forEach(group -> assertEquals(0, HashRing.slotOf(GroupKeys.encode(group.key())) % 2));
      assertTrue(half.size() > 50 && half.size() < 150, "size=" + half.size());
    }
  }

  @Test
  void damagedStatesAreRefusedAndChangeNothing() {
    byte[] state = effect(leader, put(X, gauge("a", 1)), 1, now).state().encoded();
    for (int i = 0; i < state.length; i++) {
      byte[] damaged = state.clone();
      damaged[i] ^= 1;
      assertThrows(CorruptFrameException.class, () -> follower.replica().merge(State.of(damaged)));
      int length = i;
      assertThrows(
          CorruptFrameException.class,
          () -> follower.replica().merge(State.of(Arrays.copyOf(state, length))));
    }
    assertEquals(List.of(), follower.replica().entries(_ -> true));
  }

  @Test
  void aStoreInFilesGoesOnWithItsTombstones() throws Exception {
    byte[] pushed = sent(put(X, gauge("a", 1)));
    byte[] deleted = sent(delete(X));
    byte[] other = sent(put(Y, gauge("a", 1)));
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      for (byte[] state : List.of(deleted, other)) {
        assertInstanceOf(Merged.Done.class, replica.merge(State.of(state)));
      }
    }
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertEquals(2, replica.entries(_ -> true).size());
      assertArrayEquals(leader.replica().digests(), replica.digests());
      assertInstanceOf(Merged.Done.class, replica.merge(State.of(pushed)));
      assertEquals(1, store.groupCount());
      assertEquals(2, store.statistics().limits().get(1).used());
    }
  }

  /** A cluster that is founded anew begins with epoch 1, and its stores may have later ones. */
  @Test
  void nothingIsMadeOfAnUpdateBelowTheStoredEpoch() {
    byte[] old = prepared(put(X, gauge("a", 1)), 5);
    merge(leader, old);
    assertEquals(new Prepared.Overtaken(5), below(put(X, gauge("a", 2))));
    assertEquals(new Prepared.Overtaken(5), below(delete(X)));
    assertInstanceOf(Prepared.Effect.class, below(put(Y, gauge("a", 2))));
    // A group that was purged would count as deleted later than it is pushed.
    Version horizon = new Version(6, 1, 7);
    leader.replica().raise(Map.of(HashRing.slotOf(GroupKeys.encode(Y)), horizon), _ -> true);
    assertEquals(new Prepared.Overtaken(6), below(put(Y, gauge("a", 2))));
  }

  @Test
  void aStateBelowTheStoredEpochIsMergedAndSaysSo() {
    byte[] early = prepared(put(X, gauge("a", 2)), 4);
    merge(follower, prepared(put(X, gauge("a", 1)), 5));
    assertEquals(new Merged.Overtaken(5), follower.replica().merge(State.of(early)));
  }

  /** An earlier cluster may have come to the same epoch, by clocks that were ahead. */
  @Test
  void whatAnotherProcessStoredInTheSameEpochIsOvertakenOnlyByALaterOne() {
    byte[] theirs = prepared(put(X, gauge("a", 1)), 5);
    merge(leader, theirs);
    merge(follower, theirs);
    var earlier = new Version(5, clock - 1, 8);
    assertEquals(new Prepared.Overtaken(6), prepare(leader, put(X, gauge("a", 2)), earlier, now));
    try (Node fresh = Replicas.node(() -> now)) {
      Prepared made = prepare(fresh, put(X, gauge("a", 2)), earlier, now);
      byte[] state = assertInstanceOf(Prepared.Effect.class, made).state().encoded();
      assertEquals(new Merged.Overtaken(6), follower.replica().merge(State.of(state)));
    }
  }

  private Prepared below(GroupUpdate update) {
    clock++;
    return prepare(leader, update, new Version(4, clock, 7), now);
  }

  private byte[] prepared(GroupUpdate update, long epoch) {
    clock++;
    Prepared prepared = prepare(leader, update, new Version(epoch, clock, 7), now);
    return assertInstanceOf(Prepared.Effect.class, prepared).state().encoded();
  }

  private static ParsedExposition parsed() {
    return new ParsedExposition(List.of(gauge("a", 3)), false);
  }

  /** The leader shows what it prepared a while after, and works on other groups meanwhile. */
  @Test
  void aStateStaysAsItWasMadeWhileOthersAreMade() {
    merge(leader, effect(leader, put(X, gauge("a", 1)), ++clock, now).state());
    State kept = effect(leader, put(X, gauge("a", 2)), ++clock, now).state();
    byte[] sent = kept.encoded().clone();
    for (int i = 0; i < 100; i++) {
      merge(leader, effect(leader, put(Y, gauge("b", i)), ++clock, now).state());
    }
    merge(leader, kept);

    assertArrayEquals(sent, kept.encoded());
    merge(follower, whole(leader, put(X, gauge("a", 2))));
    assertInstanceOf(Merged.Done.class, follower.replica().merge(State.of(sent)));
    assertEquals(
        states(leader).get(hex(X)), states(follower).get(hex(X)), "as it came over the wire");
  }

  @Test
  void anUpdateMeansTheSameAsItIsAndAsBytes() {
    for (GroupUpdate update : List.of(put(X, gauge("a", 1)), post(X, gauge("b", 2)), delete(X))) {
      var version = new Version(1, ++clock, 7);
      var local = new LocalUpdate(update);
      assertFalse(local.isEncoded());
      var here = assertInstanceOf(Prepared.Effect.class, prepare(leader, update, version, now));
      var there =
          assertInstanceOf(
              Prepared.Effect.class,
              leader.replica().prepare(Update.of(local.encoded()), version, now));
      assertTrue(local.isEncoded());
      assertArrayEquals(here.state().encoded(), there.state().encoded());
      merge(leader, here.state());
    }
  }

  private static String hex(GroupingKey key) {
    return HexFormat.of().formatHex(GroupKeys.encode(key));
  }

  /** Staleness is measured from there, and most pushes change nothing but values. */
  @Test
  void eachPushEndsTheQuietOnEachNode() {
    try (Node one = Replicas.agingNode(() -> now);
        Node other = Replicas.agingNode(() -> now)) {
      for (int push = 1; push <= 3; push++) {
        now += 1_000;
        State state = effect(one, put(X, gauge("a", push)), push, now).state();
        merge(one, state);
        merge(other, state.encoded());
        assertEquals(List.of(Duration.ZERO), quiet(one), "push=" + push);
        assertEquals(List.of(Duration.ZERO), quiet(other), "push=" + push);
      }
      now += 700;
      assertEquals(List.of(Duration.ofMillis(700)), quiet(other));
    }
  }

  private static List<Duration> quiet(Node node) {
    var times = new ArrayList<Duration>();
    node.store().quietGroups(Duration.ZERO, group -> times.add(group.quiet()));
    return times;
  }

  /** What the leader and the follower have done, and the answer. */
  private Submission lead(GroupUpdate update) {
    clock++;
    Prepared prepared = prepare(leader, update, new Version(1, clock, 7), now);
    if (prepared instanceof Prepared.Effect(var state, _, _)) {
      merge(leader, state);
      merge(follower, state.encoded());
    }
    return answer(prepared);
  }

  /** The state that both have merged. */
  private byte[] sent(GroupUpdate update) {
    clock++;
    State state = effect(leader, update, clock, now).state();
    merge(leader, state);
    merge(follower, state.encoded());
    return state.encoded();
  }
}
