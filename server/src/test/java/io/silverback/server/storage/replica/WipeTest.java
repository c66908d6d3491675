package io.silverback.server.storage.replica;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.storage.replica.Replicas.effect;
import static io.silverback.server.storage.replica.Replicas.history;
import static io.silverback.server.storage.replica.Replicas.merge;
import static io.silverback.server.storage.replica.Replicas.whole;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.silverback.cluster.HashRing;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class WipeTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");

  @TempDir Path folder;
  private final long now = 1_800_000_000_000L;
  private long last = now << 16;
  private final Node one = Replicas.node(() -> now);
  private final Node other = Replicas.node(() -> now);

  @AfterEach
  void close() {
    one.close();
    other.close();
  }

  @Test
  void groupsTombstonesAndHistoryAreForgotten() {
    on(one, put(X, gauge("a", 1)));
    on(one, put(Y, gauge("a", 1)));
    on(one, delete(Y));
    assertEquals(1, one.replica().tombstones());
    assertEquals(2, history(one.store()).keySet().stream().filter(s -> s.startsWith("a{")).count());

    assertEquals(OptionalInt.of(1), one.replica().wipe(all(next())));

    assertEquals(0, one.store().groupCount());
    assertEquals(0, one.replica().tombstones());
    assertEquals(Map.of(), history(one.store()));
    assertEquals(List.of(), one.replica().entries(_ -> true));
    assertArrayEquals(new long[HashRing.SLOTS], one.replica().digests());
    assertEquals(List.of(), one.replica().labelNamesOf("x"));
    assertEquals(0, one.store().statistics().limits().get(2).used(), "series");
    assertEquals(OptionalInt.of(0), one.replica().wipe(all(next())), "once more");
  }

  @Test
  void whatAPurgeHasLeftForItsHistoryGoes() {
    on(one, put(X, gauge("a", 1)));
    on(one, delete(X));
    one.replica().raise(all(version()), _ -> true);
    assertEquals(1, one.replica().tombstones());

    one.replica().wipe(all(next()));

    assertEquals(0, one.replica().tombstones());
    assertEquals(Map.of(), history(one.store()));
  }

  /** Neither from its leader, which sent it late, nor from a node that has missed the wipe. */
  @Test
  void nothingOfBeforeComesBack() {
    byte[] pushed = on(one, put(X, gauge("a", 1)));
    byte[] deleted = on(one, delete(Y));
    var atWork = effect(one, post(X, gauge("b", 1)), last + 1, now).state();
    last++;
    one.replica().wipe(all(next()));

    assertInstanceOf(Merged.Purged.class, one.replica().merge(pushed, _ -> Version.NEVER));
    assertInstanceOf(Merged.Purged.class, one.replica().merge(deleted, _ -> Version.NEVER));
    assertInstanceOf(Merged.Purged.class, one.replica().merge(atWork));
    assertEquals(List.of(), one.replica().entries(_ -> true));
  }

  @Test
  void whatIsPushedAfterwardsIsNotUnitedWithWhatWasThere() {
    merge(other, on(one, put(X, gauge("a", 1))));
    one.replica().wipe(all(next()));

    merge(other, on(one, post(X, gauge("b", 1))));

    assertEquals(
        List.of("b"), List.copyOf(Replicas.groups(other.store()).getFirst().families().keySet()));
    // And the wipe that comes to the other one late leaves it alone.
    other.replica().wipe(all(new Version(1, last - 1, 7)));
    merge(one, whole(other, post(X)));
    Replicas.assertSame(one, other);
    assertEquals(1, other.store().groupCount());
  }

  @Test
  void otherSlotsStay() {
    on(one, put(X, gauge("a", 1)));
    on(one, put(Y, gauge("a", 1)));
    int slot = HashRing.slotOf(GroupKeys.encode(X));

    assertEquals(OptionalInt.of(1), one.replica().wipe(Map.of(slot, next())));

    assertEquals(1, one.store().groupCount());
    assertEquals(Version.NEVER, one.replica().horizons().get((slot + 1) % HashRing.SLOTS));
  }

  @Test
  void itDoesNotCountIfTheHorizonsCannotBeKept() {
    on(one, put(X, gauge("a", 1)));
    on(one, delete(Y));
    one.store()
        .parts()
        .tombstones()
        .horizons()
        .keepWith(
            _ -> {
              throw new IOException("the disk is full");
            },
            Map.of());

    assertEquals(OptionalInt.empty(), one.replica().wipe(all(next())));

    assertEquals(1, one.replica().tombstones());
    assertEquals(Version.NEVER, one.replica().horizons().getFirst());
  }

  @Test
  void itOutlastsTheProcess() throws Exception {
    byte[] pushed = on(one, put(X, gauge("a", 1)));
    Version wiped = next();
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertInstanceOf(Merged.Done.class, replica.merge(pushed, _ -> Version.NEVER));
      assertEquals(OptionalInt.of(1), replica.wipe(all(wiped)));
    }
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertEquals(all(wiped).size(), replica.horizons().stream().filter(wiped::equals).count());
      assertEquals(List.of(), replica.entries(_ -> true));
      assertEquals(Map.of(), history(store));
      assertInstanceOf(Merged.Purged.class, replica.merge(pushed, _ -> Version.NEVER));
    }
  }

  private static Map<Integer, Version> all(Version version) {
    var versions = new HashMap<Integer, Version>();
    for (int slot = 0; slot < HashRing.SLOTS; slot++) {
      versions.put(slot, version);
    }
    return versions;
  }

  /** That of the last update. */
  private Version version() {
    return new Version(1, last, 7);
  }

  private Version next() {
    last++;
    return version();
  }

  /** What the update makes of its group on that node, which has merged it. */
  private byte[] on(Node node, GroupUpdate update) {
    last++;
    State state = effect(node, update, last, now).state();
    merge(node, state);
    return state.encoded();
  }
}
