package io.silverback.server.storage.replica;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.silverback.cluster.ReplicaStore.Merged;
import io.silverback.cluster.ReplicaStore.Prepared;
import io.silverback.cluster.ReplicaStore.State;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Version;
import io.silverback.codec.row.GroupShape;
import io.silverback.codec.row.GroupStateMessage;
import io.silverback.server.group.GroupMerge;
import io.silverback.server.group.GroupState;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.storage.RandomUpdates;
import io.silverback.server.storage.StorageLimits;
import io.silverback.server.storage.maps.GroupStates;
import io.silverback.server.storage.replica.Replicas.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random updates on random nodes, delivered in random orders and more than once. */
@Timeout(120)
final class ReplicaConvergenceTest {
  private static final int ROUNDS = 12;
  private static final int STEPS = 150;

  private long now = 1_800_000_000_000L;

  /**
   * A state that was made.
   *
   * @param sent as the leader of the update would send it
   * @param whole the same with its shape
   */
  private record Sent(byte[] sent, byte[] whole) {}

  @Test
  void nodesEndEqualWhateverCameInWhichOrder() {
    for (int round = 0; round < ROUNDS; round++) {
      long seed = System.nanoTime();
      System.out.println("seed=" + seed);
      converge(new SplittableRandom(seed), round % 2 == 0);
    }
  }

  private void converge(SplittableRandom random, boolean checked) {
    var updates = new RandomUpdates(random);
    var expected = new TreeMap<GroupingKey, GroupState>();
    List<Node> nodes = new ArrayList<>();
    List<List<Sent>> inboxes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      nodes.add(Replicas.node(() -> now, checked, StorageLimits.NONE));
      inboxes.add(new ArrayList<>());
    }
    try {
      for (int step = 1; step <= STEPS; step++) {
        now += random.nextInt(50);
        Node leader = nodes.get(random.nextInt(nodes.size()));
        var version = new Version(1, step, 7);
        lead(leader, updates.next(now), version, expected)
            .forEach(sent -> inboxes.forEach(inbox -> inbox.add(sent)));
        deliverSome(nodes, inboxes, random);
      }
      for (int i = 0; i < nodes.size(); i++) {
        List<Sent> inbox = inboxes.get(i);
        while (!inbox.isEmpty()) {
          deliver(nodes.get(i), inbox.remove(random.nextInt(inbox.size())));
        }
      }
      assertConverged(nodes, expected);
    } finally {
      nodes.forEach(Node::close);
    }
  }

  private List<Sent> lead(
      Node leader, GroupUpdate update, Version version, Map<GroupingKey, GroupState> expected) {
    if (!(Replicas.prepare(leader, update, version, now)
        instanceof Prepared.Effect(var state, _, _))) {
      return List.of();
    }
    Replicas.merge(leader, state);
    byte[] whole = Replicas.whole(leader, update);
    assertArrayEquals(
        new GroupStateMessage(state.encoded()).frame().words().byteArray(),
        new GroupStateMessage(whole).frame().words().byteArray());
    expected.merge(update.key(), decode(update.key(), whole), GroupMerge::merge);
    return List.of(new Sent(state.encoded(), whole));
  }

  private static void deliverSome(
      List<Node> nodes, List<List<Sent>> inboxes, SplittableRandom random) {
    for (int i = 0; i < nodes.size(); i++) {
      List<Sent> inbox = inboxes.get(i);
      if (!inbox.isEmpty() && random.nextInt(3) > 0) {
        int at = random.nextInt(inbox.size());
        // Some come again.
        Sent sent = random.nextInt(4) == 0 ? inbox.get(at) : inbox.remove(at);
        deliver(nodes.get(i), sent);
      }
    }
  }

  private static void deliver(Node node, Sent sent) {
    Merged merged = node.replica().merge(State.of(sent.sent));
    if (merged instanceof Merged.ShapeMissing) {
      merged = node.replica().merge(State.of(sent.whole));
    }
    assertInstanceOf(Merged.Done.class, merged);
  }

  private static GroupState decode(GroupingKey key, byte[] whole) {
    var message = new GroupStateMessage(whole);
    return message.hasShape()
        ? GroupStates.decode(key, message.frame(), message.shape())
        : GroupStates.decode(key, message.frame(), GroupShape.of(key, List.of()));
  }

  private static void assertConverged(List<Node> nodes, Map<GroupingKey, GroupState> expected) {
    for (Node node : nodes) {
      Replicas.assertSame(nodes.getFirst(), node);
      assertEquals(
          expected.values().stream().filter(GroupState::exists).toList(),
          Replicas.groups(node.store()));
      assertEquals(expected.size(), Replicas.hashes(node).size());
      assertEquals(
          expected.values().stream().filter(GroupState::exists).count(), node.store().groupCount());
    }
  }
}
