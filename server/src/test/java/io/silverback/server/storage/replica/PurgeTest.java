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
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.cluster.ReplicaStore.State;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.engine.Horizons;
import io.silverback.server.storage.files.HorizonFile;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.Replicas.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class PurgeTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final int SLOT_OF_X = HashRing.slotOf(GroupKeys.encode(X));

  @TempDir Path folder;
  private long now = 1_800_000_000_000L;
  private long last;
  private final Node one = Replicas.node(() -> now);
  private final Node other = Replicas.node(() -> now);

  @AfterEach
  void close() {
    one.close();
    other.close();
  }

  @Test
  void oldTombstonesArePurgeableOnceTheyAreOldEnough() {
    on(one, put(X, gauge("a", 1)));
    on(one, delete(X));
    Version deleted = version();
    on(one, put(Y, gauge("a", 1)));
    now += 1_000;

    assertEquals(Map.of(), one.replica().purgeable(_ -> true, now - 2_000, 10));
    assertEquals(
        Map.of(SLOT_OF_X, deleted), one.replica().purgeable(_ -> true, now - 500, 10), "y lives");
    assertEquals(Map.of(), one.replica().purgeable(slot -> slot != SLOT_OF_X, now, 10));
    on(one, delete(Y));
    assertEquals(1, one.replica().purgeable(_ -> true, now + 1, 1).size());
  }

  /** What a search has found is not searched for again before there is reason to. */
  @Test
  void aTombstoneThatWasTooYoungIsFoundOnceItIsOldEnough() {
    on(one, delete(X));
    Version deleted = version();
    for (int round = 0; round < 3; round++) {
      assertEquals(Map.of(), one.replica().purgeable(_ -> true, now, 10));
    }
    assertEquals(Map.of(SLOT_OF_X, deleted), one.replica().purgeable(_ -> true, now + 1, 10));
    assertEquals(Map.of(SLOT_OF_X, deleted), one.replica().purgeable(_ -> true, now + 1, 10));

    now += 1_000;
    on(one, put(X, gauge("a", 1)));
    assertEquals(Map.of(), one.replica().purgeable(_ -> true, now + 1, 10));
    on(one, delete(X));
    assertEquals(Map.of(), one.replica().purgeable(_ -> true, now, 10));
    assertEquals(Map.of(SLOT_OF_X, version()), one.replica().purgeable(_ -> true, now + 1, 10));
  }

  /** The clock of the node that deleted it was a year ahead. */
  @Test
  void aTombstoneFromTheFutureCountsFromWhenTheStoreWasOpened() {
    long opened = now;
    now += Duration.ofDays(365).toMillis();
    byte[] state = on(other, delete(X));
    now = opened + 10_000;
    merge(one, state);
    assertEquals(Map.of(), one.replica().purgeable(_ -> true, opened, 10));
    assertEquals(Map.of(SLOT_OF_X, version()), one.replica().purgeable(_ -> true, opened + 1, 10));
    purge(one, version());
    assertEquals(0, one.replica().tombstones());
  }

  @Test
  void aPurgeForgetsTombstonesAndNothingElse() {
    on(one, delete(X));
    Version deleted = version();
    on(one, put(Y, gauge("a", 1)));
    assertEquals(1, one.replica().tombstones());

    assertEquals(1, one.replica().raise(Map.of(SLOT_OF_X, deleted, slot(Y), version()), _ -> true));

    assertEquals(0, one.replica().tombstones());
    assertEquals(1, one.replica().entries(_ -> true).size());
    assertEquals(deleted, one.replica().horizons().get(SLOT_OF_X));
    assertEquals(Map.of(), one.replica().purgeable(_ -> true, now + 1_000, 10));
  }

  @Test
  void digestsAreEqualWhetherAPurgedTombstoneIsStillThere() {
    byte[] pushed = on(one, put(X, gauge("a", 1)));
    byte[] deleted = on(one, delete(X));
    merge(other, pushed);
    merge(other, deleted);

    // Both have history, which keeps the entry of one; the other never had any.
    try (Node third = Replicas.node(() -> now)) {
      merge(third, deleted);
      purge(one, version());
      purge(third, version());
      assertEquals(1, one.replica().tombstones());
      assertEquals(0, third.replica().tombstones());
      assertArrayEquals(one.replica().digests(), third.replica().digests());
      assertArrayEquals(new long[HashRing.SLOTS], one.replica().digests());
      assertEquals(List.of(), one.replica().entries(_ -> true));
      assertEquals(1, other.replica().entries(_ -> true).size());
    }
    assertEquals(Set.of("a{instance=\"\",job=\"x\"}"), seriesOfA());
    now += Duration.ofHours(2).toMillis();
    one.store().sweep();
    assertEquals(0, one.replica().tombstones());
  }

  @Test
  void aLeftoverDoesNotComeBack() {
    byte[] pushed = on(one, put(X, gauge("a", 1)));
    byte[] deleted = on(one, delete(X));
    purge(one, version());
    now += Duration.ofHours(2).toMillis();
    one.store().sweep();

    assertInstanceOf(Merged.Purged.class, one.replica().merge(pushed, _ -> Version.NEVER));
    assertInstanceOf(Merged.Purged.class, one.replica().merge(deleted, _ -> version()));
    assertEquals(List.of(), one.replica().entries(_ -> true));
    // A node that has the same horizon and the group knows better.
    Version horizon = version();
    assertInstanceOf(Merged.Done.class, one.replica().merge(pushed, _ -> horizon));
    assertEquals(1, one.store().groupCount());
  }

  @Test
  void aLeftoverIsNotUnitedWithWhatWasPushedAfterThePurge() {
    merge(other, on(one, put(X, gauge("a", 1))));
    on(one, delete(X));
    purge(one, version());
    now += Duration.ofHours(2).toMillis();
    one.store().sweep();

    byte[] again = on(one, post(X, gauge("b", 1)));
    merge(other, again);
    merge(one, whole(other, post(X)));

    assertEquals(
        List.of("b"), List.copyOf(Replicas.groups(other.store()).getFirst().families().keySet()));
    Replicas.assertSame(one, other);
  }

  @Test
  void whatTheNodeWithTheHorizonLacksIsDropped() {
    on(one, put(X, gauge("a", 1), gauge("b", 1)));
    byte[] kept = on(one, put(Y, gauge("a", 1)));
    Version newest = version();
    on(one, post(GroupingKey.of("z"), gauge("a", 1)));

    int dropped =
        one.replica()
            .raise(
                Map.of(SLOT_OF_X, newest, slot(Y), newest, slot(GroupingKey.of("z")), newest),
                key -> Arrays.equals(key, GroupKeys.encode(Y)));

    assertEquals(1, dropped);
    assertEquals(2, one.store().groupCount());
    assertEquals(2, one.store().statistics().limits().get(2).used(), "series");
    assertEquals(Set.of("a{instance=\"\",job=\"y\"}", "a{instance=\"\",job=\"z\"}"), seriesOfA());
    merge(other, kept);
    // Its series and name belong to nobody now.
    on(one, post(X, gauge("c", 1)));
    assertEquals(3, one.store().groupCount());
  }

  @Test
  void horizonsOutlastTheProcess() throws Exception {
    byte[] pushed = on(one, put(X, gauge("a", 1)));
    byte[] deleted = on(one, delete(X));
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertInstanceOf(Merged.Done.class, replica.merge(State.of(deleted)));
      assertEquals(1, replica.raise(Map.of(SLOT_OF_X, version()), _ -> true));
    }
    for (int start = 0; start < 2; start++) {
      try (var store = Replicas.persisted(() -> now, folder)) {
        OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
        store.awaitReady(Duration.ofSeconds(20));
        assertEquals(version(), replica.horizons().get(SLOT_OF_X));
        assertEquals(List.of(), replica.entries(_ -> true));
        assertInstanceOf(Merged.Purged.class, replica.merge(pushed, _ -> Version.NEVER));
      }
    }
  }

  @Test
  void aDamagedFileMeansThatNothingWasPurgedAndIsKeptAside() throws Exception {
    byte[] deleted = on(one, delete(X));
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertInstanceOf(Merged.Done.class, replica.merge(State.of(deleted)));
      replica.raise(Map.of(SLOT_OF_X, version()), _ -> true);
    }
    Path file = only("v*/horizons");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertEquals(Version.NEVER, replica.horizons().get(SLOT_OF_X));
    }
    assertArrayEquals(bytes, Files.readAllBytes(only("set-aside-*/horizons")));
  }

  @Test
  void thePageSaysWhatIsWritten() throws IOException {
    List<String> fields =
        Files.readAllLines(Path.of("..", "docs", "formats", "store.md")).stream()
            .dropWhile(line -> !line.equals("```horizons"))
            .skip(1)
            .takeWhile(line -> !line.equals("```"))
            .map(line -> line.split("\\|", -1)[1].replace(" ", ""))
            .toList();
    String whole = String.join("", fields.subList(0, fields.size() - 1));
    assertEquals(whole, fields.getLast());
    var horizon = new Version(5, 1_800_000_000_000L << 16, 0x1122334455667788L);
    byte[] documented = HexFormat.of().parseHex(whole);
    long magic = 0x8877665544332211L;

    assertEquals(Optional.of(Map.of(9237, horizon)), HorizonFile.decode(documented, magic));
    var horizons = new Horizons();
    horizons.raise(Map.of(9237, horizon));
    assertArrayEquals(documented, HorizonFile.encode(magic, horizons.all()).array());
  }

  @Test
  void everyDamageToTheFileIsNoticed() {
    var horizons = new Horizons();
    horizons.raise(Map.of(3, new Version(1, 2, 3), 16_000, new Version(4, 5, 6)));
    byte[] bytes = HorizonFile.encode(7, horizons.all()).array();

    assertEquals(
        Optional.of(Map.of(3, new Version(1, 2, 3), 16_000, new Version(4, 5, 6))),
        HorizonFile.decode(bytes, 7));
    assertEquals(Optional.empty(), HorizonFile.decode(bytes, 8));
    for (int i = 0; i < bytes.length; i++) {
      assertEquals(Optional.empty(), HorizonFile.decode(Arrays.copyOf(bytes, i), 7));
      byte[] damaged = bytes.clone();
      damaged[i] ^= 1;
      assertEquals(Optional.empty(), HorizonFile.decode(damaged, 7));
    }
  }

  @Test
  void nothingIsForgottenIfTheHorizonCannotBeKept() {
    on(one, delete(X));
    var broken = new IOException("the disk is full");
    one.store()
        .parts()
        .tombstones()
        .horizons()
        .keepWith(
            _ -> {
              throw broken;
            },
            Map.of());

    purge(one, version());

    assertEquals(Version.NEVER, one.replica().horizons().get(SLOT_OF_X));
    assertEquals(1, one.replica().tombstones());
    assertTrue(one.replica().digests()[SLOT_OF_X] != 0);
  }

  private Path only(String glob) throws IOException {
    try (var folders = Files.newDirectoryStream(folder, glob.substring(0, glob.indexOf('/')))) {
      return folders.iterator().next().resolve(glob.substring(glob.indexOf('/') + 1));
    }
  }

  /** With history. */
  private Set<String> seriesOfA() {
    return history(one.store()).keySet().stream()
        .filter(series -> series.startsWith("a{"))
        .collect(Collectors.toSet());
  }

  private static int slot(GroupingKey group) {
    return HashRing.slotOf(GroupKeys.encode(group));
  }

  /** That of the last update. */
  private Version version() {
    return new Version(1, last, 7);
  }

  private void purge(Node node, Version horizon) {
    node.replica().raise(Map.of(SLOT_OF_X, horizon), _ -> true);
  }

  /** What the update makes of its group on that node, which has merged it. */
  private byte[] on(Node node, GroupUpdate update) {
    last = Math.max(last + 1, now << 16);
    State state = effect(node, update, last, now).state();
    merge(node, state);
    return state.encoded();
  }
}
