package io.silverback.server.storage.replica;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.storage.replica.Replicas.effect;
import static io.silverback.server.storage.replica.Replicas.history;
import static io.silverback.server.storage.replica.Replicas.merge;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.cluster.ReplicaStore.State;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.Replicas.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies that a node should not hold any more are forgotten, and nothing else. */
@Timeout(60)
final class ForgetTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final int SLOT_OF_X = HashRing.slotOf(GroupKeys.encode(X));
  private static final int SLOT_OF_Y = HashRing.slotOf(GroupKeys.encode(Y));
  private static final Map<Integer, Version> NOTHING_PURGED = Map.of(SLOT_OF_X, Version.NEVER);

  @TempDir Path folder;
  private long now = 1_800_000_000_000L;
  private long last;
  private final Node one = Replicas.node(() -> now);

  @AfterEach
  void close() {
    one.close();
  }

  @Test
  void groupsGoWithTheirHistoryAndAllThatTheyTake() {
    on(put(X, gauge("a", 1)));
    on(put(Y, gauge("a", 2)));
    now += 1_000;
    on(put(X, gauge("a", 3)));

    assertEquals(1, one.replica().forget(NOTHING_PURGED, entries()), "those of other slots stay");

    assertEquals(1, one.store().groupCount());
    assertEquals(1, one.store().statistics().limits().get(2).used(), "series");
    assertEquals(0, one.replica().digests()[SLOT_OF_X]);
    int[] sizes = one.replica().sizes();
    assertEquals(0, sizes[SLOT_OF_X]);
    assertEquals(1, sizes[SLOT_OF_Y]);
    assertEquals(1, history(one.store()).keySet().stream().filter(s -> s.startsWith("a")).count());
  }

  @Test
  void whatHasChangedSinceItWasLookedAtStays() {
    on(put(X, gauge("a", 1)));
    List<Entry> before = entries();
    on(post(X, gauge("a", 2)));

    assertEquals(0, one.replica().forget(NOTHING_PURGED, before));
    assertEquals(1, one.store().groupCount());
    assertEquals(1, one.replica().forget(NOTHING_PURGED, entries()));
  }

  @Test
  void aDeletedGroupGoesOnceItsHistoryIsOver() {
    on(put(X, gauge("a", 1)));
    on(delete(X));

    assertEquals(0, one.replica().forget(NOTHING_PURGED, entries()), "nobody else need have it");
    now += Duration.ofHours(2).toMillis();
    one.store().sweep();
    assertEquals(1, one.replica().forget(NOTHING_PURGED, entries()));
    assertEquals(0, one.replica().tombstones());
    assertEquals(0, one.replica().sizes()[SLOT_OF_X]);
  }

  /** Or all that is forgotten would count as purged. */
  @Test
  void theHorizonGoesToo() {
    byte[] pushed = on(put(X, gauge("a", 1)));
    byte[] deleted = on(delete(X));
    purge();
    assertEquals(2, one.replica().sizes()[SLOT_OF_X], "its history, and the horizon");

    assertEquals(0, one.replica().forget(Map.of(SLOT_OF_X, version()), entries()));

    assertEquals(Version.NEVER, one.replica().horizons().get(SLOT_OF_X));
    // Nothing speaks for the tombstone any more, so it counts until its history is over.
    try (Node other = Replicas.node(() -> now)) {
      merge(other, deleted);
      assertArrayEquals(other.replica().digests(), one.replica().digests());
    }
    assertInstanceOf(Merged.Done.class, one.replica().merge(pushed, _ -> Version.NEVER));
    assertEquals(0, one.store().groupCount());
  }

  @Test
  void aSlotThatWasPurgedOrWipedMeanwhileIsLeftAlone() {
    on(put(X, gauge("a", 1)));
    List<Entry> before = entries();
    one.replica().raise(Map.of(SLOT_OF_X, new Version(1, 5, 7)), _ -> true);

    assertEquals(0, one.replica().forget(NOTHING_PURGED, before));
    assertEquals(1, one.store().groupCount());
    assertEquals(new Version(1, 5, 7), one.replica().horizons().get(SLOT_OF_X));
  }

  @Test
  void nothingIsForgottenIfThatTheHorizonIsGoneCannotBeKept() {
    on(put(Y, gauge("a", 1)));
    on(put(X, gauge("a", 1)));
    Version horizon = new Version(1, 5, 7);
    one.replica().raise(Map.of(SLOT_OF_X, horizon), _ -> true);
    one.store()
        .parts()
        .tombstones()
        .horizons()
        .keepWith(
            _ -> {
              throw new IOException("the disk is full");
            },
            Map.of());

    assertEquals(0, one.replica().forget(Map.of(SLOT_OF_X, horizon), entries()));
    assertEquals(horizon, one.replica().horizons().get(SLOT_OF_X));
    assertEquals(2, one.store().groupCount());
  }

  @Test
  void whatIsForgottenStaysSoAfterARestart() throws Exception {
    byte[] pushed = on(put(X, gauge("a", 1)));
    byte[] kept = on(put(Y, gauge("a", 1)));
    Version horizon = new Version(1, 5, 7);
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertInstanceOf(Merged.Done.class, replica.merge(State.of(pushed)));
      assertInstanceOf(Merged.Done.class, replica.merge(State.of(kept)));
      replica.raise(Map.of(SLOT_OF_X, horizon, SLOT_OF_Y, horizon), _ -> true);
      assertEquals(1, replica.forget(Map.of(SLOT_OF_X, horizon), replica.entries(_ -> true)));
    }
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertEquals(0, replica.sizes()[SLOT_OF_X]);
      assertEquals(Version.NEVER, replica.horizons().get(SLOT_OF_X));
      assertEquals(2, replica.sizes()[SLOT_OF_Y]);
      assertEquals(horizon, replica.horizons().get(SLOT_OF_Y));
    }
  }

  private List<Entry> entries() {
    return one.replica().entries(_ -> true);
  }

  private void purge() {
    one.replica().raise(Map.of(SLOT_OF_X, version()), _ -> true);
  }

  /** That of the last update. */
  private Version version() {
    return new Version(1, last, 7);
  }

  /** What the update makes of its group, which is merged. */
  private byte[] on(GroupUpdate update) {
    last = Math.max(last + 1, now << 16);
    State state = effect(one, update, last, now).state();
    merge(one, state);
    return state.encoded();
  }
}
