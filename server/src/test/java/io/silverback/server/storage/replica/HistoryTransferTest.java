package io.silverback.server.storage.replica;

import static io.silverback.server.group.Samples.delete;
import static io.silverback.server.group.Samples.gauge;
import static io.silverback.server.group.Samples.put;
import static io.silverback.server.storage.replica.Replicas.effect;
import static io.silverback.server.storage.replica.Replicas.history;
import static io.silverback.server.storage.replica.Replicas.merge;
import static io.silverback.server.storage.replica.Replicas.whole;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.ReplicaStore.Adopted;
import io.silverback.cluster.ReplicaStore.Lack;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.Version;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.maps.GroupKeys;
import io.silverback.server.storage.replica.Replicas.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the history of a group is on a node that came to hold it late. */
@Timeout(60)
final class HistoryTransferTest {
  private static final GroupingKey X = GroupingKey.of("x");
  private static final GroupingKey Y = GroupingKey.of("y");
  private static final int MOST = 1 << 20;

  @TempDir Path folder;
  private long now = 1_800_000_000_000L;
  private final Node old = Replicas.node(() -> now);
  private final Node young = Replicas.node(() -> now);

  @AfterEach
  void close() {
    old.close();
    young.close();
  }

  @Test
  void itIsThatOfTheOtherNodeAfterwards() {
    push(2_000);
    join();
    pushToBoth(300);
    assertTrue(
        history(young.store()).toString().length() < history(old.store()).toString().length());

    fetch();

    assertEquals(history(old.store()), history(young.store()));
    assertEquals(0, moved(), "once more");
    young.store().sweep();
    assertEquals(history(old.store()), history(young.store()));
  }

  @Test
  void pagesOfOtherShapesAndWidthsComeAlong() {
    for (int i = 0; i < 50; i++) {
      on(old, put(X, gauge("a", i)));
    }
    for (int i = 0; i < 40; i++) {
      on(old, put(X, gauge("a", i), gauge("b", -i, "l", "é")));
    }
    for (int i = 0; i < 3; i++) {
      on(old, put(X, wide(5_000, i)));
    }
    join();
    fetch();

    assertEquals(history(old.store()), history(young.store()));
  }

  /** As if the process had ended after each piece, and the next one had begun anew. */
  @Test
  void itGoesOnWhereItWasInterrupted() {
    push(3_000);
    join();
    int pieces = 0;
    while (fetchPiece(1) > 0) {
      pieces++;
    }

    assertTrue(pieces > 3, "pieces=" + pieces);
    assertEquals(history(old.store()), history(young.store()));
  }

  @Test
  void whatWasDeletedOrWipedMeanwhileDoesNotComeBack() {
    push(500);
    join();
    Lack lack = lack();
    List<byte[]> pages = old.replica().history(lack, MOST);
    assertFalse(pages.isEmpty());

    both(delete(X));
    assertEquals(List.of(), young.replica().lacks(_ -> true));
    assertEquals(new Adopted(0, Optional.empty(), false), young.replica().adopt(lack, pages));
    both(put(X, gauge("a", 7)));
    assertEquals(new Adopted(0, Optional.empty(), false), young.replica().adopt(lack, pages));
    assertEquals(0, moved(), "of before the delete");

    int slot = HashRing.slotOf(lack.key());
    Lack before = lack();
    young.replica().wipe(Map.of(slot, next()));
    assertEquals(new Adopted(0, Optional.empty(), false), young.replica().adopt(before, pages));
    byte[] pushed = on(young, put(X, gauge("a", 8)));
    assertEquals(new Adopted(0, Optional.empty(), false), young.replica().adopt(before, pages));
    // The other node has missed the wipe.
    merge(old, pushed);
    assertEquals(0, moved(), "of before the wipe");
    assertEquals(1, samples(young));
  }

  @Test
  void whatIsTooOldIsNeitherGivenNorTaken() {
    push(500);
    now += Duration.ofMinutes(50).toMillis();
    push(10);
    join();
    List<byte[]> all = old.replica().history(lack(), MOST);
    Lack lack = lack();
    now += Duration.ofMinutes(40).toMillis();

    assertEquals(1, old.replica().history(lack, MOST).size());
    Adopted adopted = young.replica().adopt(lack, all);

    assertEquals(Optional.empty(), adopted.left());
    assertEquals(all.getFirst().length, adopted.bytes());
  }

  /** Cut off, with any byte changed, or of another group: counted, and nothing is taken. */
  @Test
  void damagedPagesArePassedOver() {
    push(40);
    on(old, put(Y, gauge("a", 1)));
    join();
    merge(young, whole(old, put(Y)));
    List<Lack> lacks = young.replica().lacks(_ -> true);
    byte[] page = old.replica().history(lack(), MOST).getFirst();
    long corrupt = young.store().statistics().corruptPages();
    int tried = 0;
    for (int at = 0; at < page.length; at += 7) {
      byte[] damaged = page.clone();
      damaged[at] ^= 1;
      for (byte[] bytes : List.of(damaged, Arrays.copyOf(page, at))) {
        assertEquals(0, young.replica().adopt(lack(), List.of(bytes)).bytes());
        tried++;
      }
    }
    for (Lack lack : lacks) {
      if (!Arrays.equals(lack.key(), lack().key())) {
        assertEquals(0, young.replica().adopt(lack, List.of(page)).bytes());
        tried++;
      }
    }
    assertEquals(corrupt + tried, young.store().statistics().corruptPages());
    assertTrue(young.replica().adopt(lack(), List.of(page)).bytes() > 0);
  }

  @Test
  void itOutlastsTheProcess() throws Exception {
    push(1_000);
    byte[] state = whole(old, put(X));
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore replica = OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      replica.merge(state, _ -> Version.NEVER);
      while (fetchPiece(replica, MOST) > 0) {
        // One more.
      }
      assertEquals(history(old.store()), history(store));
    }
    try (var store = Replicas.persisted(() -> now, folder)) {
      OffHeapReplicaStore.of(store);
      store.awaitReady(Duration.ofSeconds(20));
      assertEquals(history(old.store()), history(store));
    }
  }

  private void push(int times) {
    for (int i = 0; i < times; i++) {
      on(old, put(X, gauge("a", i % 7), gauge("b", i)));
    }
  }

  private void pushToBoth(int times) {
    for (int i = 0; i < times; i++) {
      both(put(X, gauge("a", i), gauge("b", i)));
    }
  }

  /** The young node becomes an owner of the group. */
  private void join() {
    merge(young, whole(old, put(X)));
  }

  private void both(GroupUpdate update) {
    merge(young, on(old, update));
  }

  private byte[] on(Node node, GroupUpdate update) {
    now += 100;
    var effect = effect(node, update, next().clock(), now);
    merge(node, effect.state());
    return node.replica().wholeState(GroupKeys.encode(update.key())).orElseThrow();
  }

  private Version next() {
    now++;
    return new Version(1, now << 16, 7);
  }

  private Lack lack() {
    return young.replica().lacks(slot -> slot == HashRing.slotOf(key())).getFirst();
  }

  private static byte[] key() {
    return GroupKeys.encode(X);
  }

  private void fetch() {
    while (moved() > 0) {
      // One more.
    }
  }

  private long moved() {
    return fetchPiece(young.replica(), MOST);
  }

  private long fetchPiece(int mostBytes) {
    return fetchPiece(young.replica(), mostBytes);
  }

  private long fetchPiece(OffHeapReplicaStore to, int mostBytes) {
    long bytes = 0;
    for (Lack lack : to.lacks(_ -> true)) {
      List<byte[]> pages = old.replica().history(lack, mostBytes);
      assertEquals(pages.isEmpty(), old.replica().offer(lack) == Long.MIN_VALUE);
      bytes += to.adopt(lack, pages).bytes();
    }
    return bytes;
  }

  private static long samples(Node node) {
    return history(node.store()).entrySet().stream()
        .filter(series -> series.getKey().startsWith("a{"))
        .mapToLong(series -> series.getValue().split(" ", -1).length - 1)
        .sum();
  }

  private static MetricFamily wide(int series, double value) {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < series; i++) {
      metrics.add(new Metric.Gauge(Labels.of("i", Integer.toString(i)), value + i));
    }
    return new MetricFamily("w", "", MetricType.GAUGE, metrics);
  }
}
