package io.silverback.cluster.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.ClockSkew;
import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.Exposure;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.Loop;
import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import io.silverback.cluster.Outage;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.ViewLog;
import io.silverback.cluster.agree.ViewPlanner;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessageCodec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class ClusterNodeTest {
  private final Member a = TestViews.member("a", 1, 1);
  private final Member b = TestViews.member("b", 2, 2);
  private final HandPorts hand = new HandPorts();
  private final Map<Network.Channel, Network.Receiver> receivers =
      new EnumMap<>(Network.Channel.class);
  private final List<PeerMessage> sent = new ArrayList<>();
  private final FullLoop loop = new FullLoop();
  private final ClusterNode node = new ClusterNode(ClusterConfig.standard(2), a, ports(), () -> {});

  /** Takes nothing more from other threads, if a test says so. */
  private final class FullLoop implements Loop {
    private boolean isFull;

    @Override
    public void execute(Runnable task) {
      if (isFull) {
        throw new RejectedExecutionException("full");
      }
      hand.time.execute(task);
    }

    @Override
    public void schedule(long delayNanos, Runnable task) {
      hand.time.schedule(delayNanos, task);
    }

    @Override
    public <T> void background(Supplier<T> work, Consumer<Optional<T>> then) {
      hand.time.background(work, then);
    }

    @Override
    public <T> void urgent(Supplier<T> work, Consumer<Optional<T>> then) {
      hand.time.urgent(work, then);
    }

    @Override
    public <T> void parallel(Supplier<T> work, Consumer<Optional<T>> then) {
      hand.time.parallel(work, then);
    }
  }

  /** A thread of the library that meets an exception ends its server, which looked removed then. */
  @Test
  void theListenerOfViewsNeverThrowsAndKeepsTheNewest() {
    node.start();
    hand.time.settle();
    loop.isFull = true;
    View first = ViewPlanner.first(7, List.of(a, b));
    View second = ViewPlanner.without(first, b, 0);
    ViewLog.Listener listener = Objects.requireNonNull(hand.log.listener);
    listener.committed(first);
    listener.committed(second);
    listener.committed(first);
    hand.time.pass(1);
    assertEquals(Optional.of(second), node.status().view());
  }

  @Test
  void anOverloadedNodeLeaves() {
    node.start();
    hand.time.settle();
    loop.isFull = true;
    node.close();
    hand.time.pass(1);
    assertEquals(Optional.of("leaving the cluster"), node.whyNotReady());
  }

  /** With one message it could stop a cluster for good: no view that is agreed on is newer. */
  @Test
  void aStrangerCannotTellOfAView() {
    View agreed = lead();
    View forged = ViewPlanner.first(7, List.of(b)).raised(1_000);
    tell(b, new PeerMessage.ViewPush(forged));
    assertEquals(Optional.of(agreed), node.status().view());
    View absurd = agreed.raised(1L << 62);
    tell(a, new PeerMessage.ViewPush(absurd));
    assertEquals(Optional.of(agreed), node.status().view());
  }

  @Test
  void aMemberTellsOfTheNextView() {
    View next = ViewPlanner.with(lead(), b);
    tell(a, new PeerMessage.ViewPush(next));
    assertEquals(Optional.of(next), node.status().view());
    View further = ViewPlanner.with(next, TestViews.member("c", 3, 3));
    tell(b, new PeerMessage.ViewPush(further));
    assertEquals(Optional.of(further), node.status().view());
  }

  /** While it was away, all others may have been replaced by processes that it has never seen. */
  @Test
  void aNodeWithoutALeaseIsToldByAnyMember() {
    node.start();
    hand.time.settle();
    View newer = ViewPlanner.first(7, List.of(b));
    tell(b, new PeerMessage.ViewPush(newer));
    assertEquals(Optional.of(newer), node.status().view());
  }

  /** The lease runs on all the time, and another node leads a slot that was read already. */
  @Test
  void aScrapeDoesNotOutliveOneOfItsSlots() {
    View wider = ViewPlanner.with(lead(), b);
    Objects.requireNonNull(hand.log.listener).committed(wider);
    hand.time.pass(10_000);
    Exposure before = node.exposure();
    assertTrue(before.slots().test(3) && before.holds().getAsBoolean());
    SlotTable moved = wider.slots().with(3, slot -> slot == 3 ? Optional.of(b) : Optional.empty());
    Objects.requireNonNull(hand.log.listener)
        .committed(new View(3, wider.clusterId(), wider.seats(), wider.removed(), moved));
    hand.time.pass(1);
    assertFalse(before.holds().getAsBoolean());
    Exposure after = node.exposure();
    assertTrue(after.holds().getAsBoolean() && after.slots().test(4));
    assertFalse(after.slots().test(3));
  }

  @Test
  void aSilentMemberIsAnOutageThatTheStatusTells() {
    node.start();
    hand.time.settle();
    View both = ViewPlanner.first(7, List.of(a, b));
    Objects.requireNonNull(hand.log.listener).committed(both);
    hand.time.pass(2_500);
    Outage outage = node.status().outage();
    assertEquals(both.slots().countOf(b), outage.silentLeader());
    // Without the other one there is no lease.
    assertEquals(both.slots().countOf(a), outage.takingOver());
    assertEquals(List.of("a", "b"), outage.nodes());
    assertEquals(List.of(b), List.copyOf(node.status().silentMillis().keySet()));
  }

  @Test
  void onlyMembersAreHeardOnWhatTheyServe() {
    View alone = lead();
    tell(b, new PeerMessage.Unserved(100));
    hand.time.pass(500);
    assertEquals(alone, node.status().view().orElseThrow());
    assertEquals(0, node.status().outage().slots());
  }

  @Test
  void aHeartbeatIsAnsweredWithTheWallTimeAndTheAnswerOfAMemberIsShown() {
    node.start();
    hand.time.settle();
    Objects.requireNonNull(hand.log.listener).committed(ViewPlanner.first(7, List.of(a, b)));
    hand.time.pass(1_000);
    tell(b, new PeerMessage.Heartbeat(b, 7, 1, 117, 0));
    PeerMessage.Grant answer = lastGrant();
    assertEquals(117, answer.renewal());
    assertEquals(hand.time.wallMillis(), answer.wallMillis());

    Member stranger = TestViews.member("c", 3, 3);
    tell(stranger, grant(1, 0));
    tell(b, grant(1_000, 0));
    assertEquals(Map.of(), node.status().clockSkews());
    // The first heartbeat, of a second ago.
    tell(b, grant(1, hand.time.wallMillis() + 60_000));
    hand.time.pass(500);
    assertEquals(Map.of(b, new ClockSkew(60_500, 502)), node.status().clockSkews());
  }

  private PeerMessage.Grant lastGrant() {
    return sent.stream()
        .filter(PeerMessage.Grant.class::isInstance)
        .map(PeerMessage.Grant.class::cast)
        .toList()
        .getLast();
  }

  /** Of no lease. */
  private static PeerMessage grant(long renewal, long wallMillis) {
    return new PeerMessage.Grant(1, 0, renewal, false, 0, wallMillis, List.of());
  }

  /** Node {@code a} alone, with a lease. */
  private View lead() {
    node.start();
    hand.time.settle();
    View agreed = ViewPlanner.first(7, List.of(a));
    Objects.requireNonNull(hand.log.listener).committed(agreed);
    hand.time.pass(10_000);
    assertTrue(node.status().leaseMillis() > 0);
    return agreed;
  }

  private void tell(Member from, PeerMessage message) {
    Objects.requireNonNull(receivers.get(PeerMessageCodec.channelOf(message)))
        .received(
            new Network.Sender(from.nodeId(), from.incarnation(), from.peerAddress()),
            PeerMessageCodec.encode(message));
    hand.time.settle();
  }

  /** Only notes what is sent to others, and brings what a test says to this node. */
  private final class OneWay implements Network {
    @Override
    public boolean send(String address, Channel channel, byte[] message) {
      sent.add(PeerMessageCodec.decode(message));
      return false;
    }

    @Override
    public void knock(String address, Consumer<Knock> done) {
      done.accept(Knock.NOT_REFUSED);
    }

    @Override
    public void receive(Channel channel, Receiver receiver) {
      receivers.put(channel, receiver);
    }

    @Override
    public void whenHungUp(Consumer<Sender> listener) {}

    @Override
    public void dropConnections() {}

    @Override
    public String localAddress() {
      return a.peerAddress();
    }

    @Override
    public void close() {}
  }

  private ClusterPorts ports() {
    ClusterPorts ports = hand.ports();
    return new ClusterPorts(
        ports.clock(),
        loop,
        new OneWay(),
        ports.membership(),
        ports.viewLog(),
        ports.store(),
        ports.versions(),
        ports.random());
  }
}
