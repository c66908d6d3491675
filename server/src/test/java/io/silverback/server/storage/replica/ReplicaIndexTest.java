package io.silverback.server.storage.replica;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.post;
import static io.silverback.server.group.Samples.put;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore.Entry;
import io.silverback.cluster.ReplicaStore.Prepared;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.SeriesClaims;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.engine.ContentHash;
import io.silverback.server.storage.engine.LocalStore;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import io.silverback.server.storage.engine.StateOrder;
import io.silverback.server.storage.engine.StoreParts;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.maps.HistoryHead;
import io.silverback.server.storage.maps.Keys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is kept as groups change is what a look at all of them finds. */
@Timeout(120)
final class ReplicaIndexTest {
  private static final int SLOTS = 3;
  private static final int KEYS_OF_SLOT = 5;
  private static final List<String> JOBS = List.of("a", "b");

  /** Several in each of a few slots. */
  private static final List<GroupingKey> KEYS = keys();

  @TempDir Path folder;
  private final AtomicLong now = new AtomicLong(1_800_000_000_000L);
  private final AtomicLong last = new AtomicLong(1_800_000_000_000L << 16);

  private static List<GroupingKey> keys() {
    var bySlot = new HashMap<Integer, Integer>();
    var keys = new ArrayList<GroupingKey>();
    for (int i = 0; keys.size() < SLOTS * KEYS_OF_SLOT; i++) {
      String job = JOBS.get(i % JOBS.size());
      String name = List.of("instance", "zone", "x,y").get(i % 3);
      GroupingKey key = GroupingKey.of(job, name, Integer.toString(i));
      int slot = slotOf(key);
      boolean isWanted =
          bySlot.size() < SLOTS || bySlot.getOrDefault(slot, KEYS_OF_SLOT) < KEYS_OF_SLOT;
      if (isWanted && bySlot.merge(slot, 1, Integer::sum) <= KEYS_OF_SLOT) {
        keys.add(key);
      }
    }
    return keys;
  }

  private static int slotOf(GroupingKey key) {
    return HashRing.slotOf(GroupKeys.encode(key));
  }

  @Test
  void randomChangesOfAStoreInMemory() {
    for (int round = 0; round < 4; round++) {
      SplittableRandom random = random();
      try (var store = Replicas.store(now::get, true, StorageLimits.NONE)) {
        OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
        for (int step = 0; step < 300; step++) {
          change(store, replica, random);
          if (random.nextInt(40) == 0) {
            store.sweep();
          }
          if (random.nextInt(10) == 0) {
            assertExact(store, replica);
          }
        }
        assertExact(store, replica);
      }
    }
  }

  @Test
  void randomChangesOfAStoreThatStartsAgain() throws Exception {
    SplittableRandom random = random();
    long[] before = new long[0];
    for (int start = 0; start < 4; start++) {
      try (var store = Replicas.persisted(now::get, folder)) {
        OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
        store.awaitReady(Duration.ofSeconds(20));
        assertExact(store, replica);
        if (start > 0) {
          assertArrayEquals(before, replica.digests());
        }
        for (int step = 0; step < 200; step++) {
          change(store, replica, random);
        }
        assertExact(store, replica);
        before = replica.digests();
      }
    }
  }

  @Test
  void aStoreThatJoinsWithGroupsThatWereThere() {
    SplittableRandom random = random();
    try (var store = Replicas.store(now::get, true, StorageLimits.NONE)) {
      for (GroupingKey key : KEYS) {
        store.submit(put(key, gauge("m", random.nextInt(10))));
      }
      store.submit(delete(KEYS.getFirst()));
      assertExact(store, OffHeapReplicaStore.of(store));
    }
  }

  /** Each group changes once, so whatever the join overlooks is missing at the end. */
  @Test
  void aStoreThatJoinsWhileItIsWritten() throws Exception {
    int groups = 10_000;
    try (OffHeapMetricStore store = Replicas.store(now::get, true, StorageLimits.NONE);
        var writers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < groups; i++) {
        store.submit(put(GroupingKey.of("a", "i", "" + i), gauge("m", i)));
      }
      var begun = new CountDownLatch(100);
      Future<?> writer =
          writers.submit(
              () -> {
                for (int i = 0; i < groups; i++) {
                  GroupingKey key = GroupingKey.of("a", "i", "" + i);
                  store.submit(i % 5 == 0 ? delete(key) : put(key, gauge("m", -i)));
                  begun.countDown();
                }
              });
      begun.await();
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      writer.get();
      assertExact(store, replica);
    }
  }

  @Test
  void aPurgedTombstoneThatIsStoredAgainDoesNotCount() {
    GroupingKey key = KEYS.getFirst();
    try (var store = Replicas.store(now::get, true, StorageLimits.NONE)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      lead(replica, put(key, gauge("m", 1)));
      now.addAndGet(Duration.ofMinutes(30).toMillis());
      lead(replica, put(key, gauge("n", 1)));
      lead(replica, delete(key));
      assertNotEquals(0, replica.digests()[slotOf(key)]);

      assertEquals(0, replica.raise(Map.of(slotOf(key), new Version(1, last.get(), 7)), _ -> true));

      assertEquals(0, replica.digests()[slotOf(key)]);
      // The first page goes, and the entry is written anew.
      now.addAndGet(Duration.ofMinutes(31).toMillis());
      store.sweep();
      assertEquals(1, store.parts().groups().size());
      assertEquals(0, replica.digests()[slotOf(key)]);
      assertExact(store, replica);
    }
  }

  @Test
  void writersSideBySide() throws Exception {
    for (int round = 0; round < 2; round++) {
      SplittableRandom random = random();
      try (OffHeapMetricStore store = Replicas.store(now::get, true, StorageLimits.NONE);
          var writers = Executors.newVirtualThreadPerTaskExecutor()) {
        // Some begin before the store joins.
        List<Future<?>> begun = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          SplittableRandom own = random.split();
          begun.add(writers.submit(() -> submitSome(store, own)));
        }
        OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
        for (int i = 0; i < 4; i++) {
          SplittableRandom own = random.split();
          Callable<Boolean> writer =
              () -> {
                for (int step = 0; step < 300; step++) {
                  change(store, replica, own);
                }
                return true;
              };
          begun.add(writers.submit(writer));
        }
        for (int i = 0; i < 100; i++) {
          assertEquals(HashRing.SLOTS, replica.digests().length);
          replica.entries(_ -> true);
          replica.labelNamesOf("a");
        }
        for (Future<?> each : begun) {
          each.get();
        }
        assertExact(store, replica);
      }
    }
  }

  private boolean submitSome(OffHeapMetricStore store, SplittableRandom random) {
    for (int step = 0; step < 300; step++) {
      GroupingKey key = KEYS.get(random.nextInt(KEYS.size()));
      store.submit(random.nextInt(4) == 0 ? delete(key) : put(key, gauge("m", step)));
    }
    return true;
  }

  @Test
  void manySetsOfLabelNamesComeAndGo() {
    SplittableRandom random = random();
    try (var store = Replicas.store(now::get, true, StorageLimits.NONE)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      for (int i = 0; i < 400; i++) {
        GroupingKey key = GroupingKey.of("a", "n" + random.nextInt(20), "" + random.nextInt(2));
        lead(replica, random.nextInt(3) == 0 ? delete(key) : put(key, gauge("m" + i % 2, i)));
        assertExact(store, replica);
      }
    }
  }

  /** A client can have as many keys of one slot as it likes. */
  @Test
  void aSlotWithManyGroups() {
    try (var store = Replicas.store(now::get, true, StorageLimits.NONE)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      int slot = slotOf(KEYS.getFirst());
      var found = new ArrayList<GroupingKey>();
      for (int i = 0; found.size() < 300; i++) {
        GroupingKey key = GroupingKey.of("many", "i", Integer.toString(i));
        if (slotOf(key) == slot) {
          found.add(key);
          lead(replica, put(key, gauge("m", i)));
        }
      }
      assertExact(store, replica);
      assertEquals(300, replica.entries(each -> each == slot).size());
      found.forEach(key -> lead(replica, delete(key)));
      replica.raise(Map.of(slot, new Version(1, last.get(), 7)), _ -> true);
      assertExact(store, replica);
      assertEquals(0, replica.digests()[slot]);
    }
  }

  private static SplittableRandom random() {
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    return new SplittableRandom(seed);
  }

  private void change(LocalStore store, OffHeapReplicaStore replica, SplittableRandom random) {
    now.addAndGet(random.nextInt(100) == 0 ? 1_000_000 : random.nextInt(1_000));
    GroupingKey key = KEYS.get(random.nextInt(KEYS.size()));
    switch (random.nextInt(60)) {
      case 0, 1, 2, 3, 4, 5 -> lead(replica, delete(key));
      case 6, 7, 8, 9 -> expire(replica, key);
      case 10, 11 -> raise(replica, key, random);
      case 12 -> store.wipe();
      case 13, 14 -> store.submit(put(key, gauge("m", 0)));
      case 15 -> mergeOlder(replica, key, random);
      case 16 -> replica.purgeable(_ -> true, now.get(), 10);
      default -> lead(replica, push(key, random));
    }
  }

  private static GroupUpdate push(GroupingKey key, SplittableRandom random) {
    String name = random.nextInt(5) == 0 ? "m" + random.nextInt(3) : "m";
    double value = random.nextInt(1_000);
    return random.nextBoolean() ? put(key, gauge(name, value)) : post(key, gauge(name, value));
  }

  private void lead(OffHeapReplicaStore replica, GroupUpdate update) {
    var version = new Version(1, last.incrementAndGet(), 7);
    if (replica.prepare(new LocalUpdate(update), version, now.get())
        instanceof Prepared.Effect(var state, _, _)) {
      replica.merge(state);
    }
  }

  private void expire(OffHeapReplicaStore replica, GroupingKey key) {
    replica
        .wholeState(GroupKeys.encode(key))
        .flatMap(WholeState::decode)
        .ifPresent(
            group -> {
              GroupBounds bounds = group.bounds();
              lead(
                  replica,
                  bounds.isStale()
                      ? new GroupUpdate.Purge(key, bounds.expiry().version())
                      : new GroupUpdate.Expire(key, bounds.lastPush().version(), false));
            });
  }

  /** To a version of a moment ago, or of now. */
  private void raise(OffHeapReplicaStore replica, GroupingKey key, SplittableRandom random) {
    var horizon = new Version(1, last.get() - random.nextInt(20), 7);
    boolean spares = random.nextBoolean();
    replica.raise(Map.of(slotOf(key), horizon), _ -> spares);
  }

  /** A state that another node made a while ago. */
  private void mergeOlder(OffHeapReplicaStore replica, GroupingKey key, SplittableRandom random) {
    try (Replicas.Node other = Replicas.node(now::get)) {
      var version = new Version(1, last.get() - random.nextInt(30), 8);
      GroupUpdate update = random.nextInt(3) == 0 ? delete(key) : put(key, gauge("m", 5));
      if (other.replica().prepare(new LocalUpdate(update), version, now.get())
          instanceof Prepared.Effect(var state, _, _)) {
        replica.merge(state.encoded(), _ -> Version.NEVER);
      }
    }
  }

  private static void assertExact(LocalStore store, OffHeapReplicaStore replica) {
    StoreParts parts = store.parts();
    long[] digests = new long[HashRing.SLOTS];
    SortedMap<String, String> entries = new TreeMap<>();
    Map<String, TreeSet<String>> names = new HashMap<>();
    Map<Integer, Version> tombstones = new HashMap<>();
    parts
        .groups()
        .forEach(
            (key, entry) -> {
              byte[] copy = Keys.copyOf(key);
              var frame = HistoryHead.frameAfter(entry);
              Version newest = StateOrder.newest(frame);
              GroupingKey group = GroupKeys.decode(copy);
              if (frame.exists() || !parts.tombstones().isPurged(copy, newest)) {
                long hash = ContentHash.of(key, entry);
                digests[HashRing.slotOf(copy)] += hash;
                entries.put(HexFormat.of().formatHex(copy), hash + " " + newest);
              }
              if (!frame.exists() && !parts.tombstones().isPurged(copy, newest)) {
                tombstones.merge(HashRing.slotOf(copy), newest, Version::max);
              }
              if (frame.exists()) {
                names
                    .computeIfAbsent(group.job(), _ -> new TreeSet<>())
                    .add(SeriesClaims.labelNames(group));
              }
            });
    assertArrayEquals(digests, replica.digests());
    assertEquals(entries, told(replica.entries(_ -> true)));
    int some = slotOf(KEYS.getLast());
    SortedMap<String, String> ofSome = new TreeMap<>(entries);
    ofSome.keySet().removeIf(key -> HashRing.slotOf(HexFormat.of().parseHex(key)) != some);
    assertEquals(ofSome, told(replica.entries(slot -> slot == some)));
    // Those from clocks that are ahead count from the start of the store.
    assertEquals(tombstones, replica.purgeable(_ -> true, Long.MAX_VALUE / 2, HashRing.SLOTS));
    for (String job : JOBS) {
      List<String> told = replica.labelNamesOf(job);
      TreeSet<String> expected = names.getOrDefault(job, new TreeSet<>());
      assertEquals(expected, new TreeSet<>(told));
      assertEquals(expected.size(), told.size());
    }
  }

  private static SortedMap<String, String> told(List<Entry> entries) {
    SortedMap<String, String> told = new TreeMap<>();
    for (Entry entry : entries) {
      String key = HexFormat.of().formatHex(entry.key());
      assertEquals(null, told.put(key, entry.hash() + " " + entry.newest()));
    }
    return told;
  }
}
