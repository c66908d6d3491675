package io.silverback.cluster.push;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.ClusterPorts;
import io.silverback.cluster.EpochFloor;
import io.silverback.cluster.EventCounts;
import io.silverback.cluster.HandPorts;
import io.silverback.cluster.HandTime;
import io.silverback.cluster.Member;
import io.silverback.cluster.NotedStore;
import io.silverback.cluster.PushOutcome;
import io.silverback.cluster.ReplicaStore.Update;
import io.silverback.cluster.Rule;
import io.silverback.cluster.SlotTable;
import io.silverback.cluster.TestViews;
import io.silverback.cluster.View;
import io.silverback.cluster.agree.Lease;
import io.silverback.cluster.agree.Minority;
import io.silverback.cluster.agree.Peers;
import io.silverback.cluster.agree.Voter;
import io.silverback.cluster.message.PeerMessage;
import io.silverback.cluster.message.PeerMessage.Forward;
import io.silverback.cluster.message.PeerMessage.Forwarded;
import io.silverback.cluster.message.PeerMessage.Heartbeat;
import io.silverback.cluster.message.PeerMessage.ProcessId;
import io.silverback.cluster.message.Requests;
import io.silverback.cluster.slots.Led;
import io.silverback.cluster.slots.Shares;
import io.silverback.cluster.slots.WaitingPushes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node {@code b} leads all slots, and node {@code a} gets the pushes. */
final class PushesTest {
  private final ClusterConfig config = ClusterConfig.standard(2);
  private final Member self = TestViews.member("a", 1, 1);
  private final Member leader = TestViews.member("b", 2, 2);
  private final HandPorts world = new HandPorts();
  private final HandTime time = world.time;
  private final ClusterPorts ports = world.with(new NotedStore());
  private final List<Forward> forwarded = new ArrayList<>();
  private final List<PushOutcome> outcomes = new ArrayList<>();
  private final Peers peers = new Peers(time);
  private final Lease lease = new Lease(time, Duration.ofDays(1));
  private final View view = ledBy(leader);
  private final Requests requests = new Requests(time, this::post);
  private final Pushes pushes = pushes();

  /** Says when it was encoded. */
  private static final class SlowUpdate implements Update {
    private boolean isInLoop = true;
    private boolean isEncoded;
    private final boolean fails;

    SlowUpdate(boolean fails) {
      this.fails = fails;
    }

    @Override
    public byte[] encoded() {
      if (!isEncoded) {
        assertEquals(false, isInLoop, "encoded by the loop");
        if (fails) {
          throw new IllegalStateException("cannot be encoded");
        }
        isEncoded = true;
      }
      return new byte[] {7};
    }

    @Override
    public boolean isEncoded() {
      return isEncoded;
    }
  }

  private Pushes pushes() {
    var led = new Led(self, () -> 0);
    var off = EnumSet.noneOf(Rule.class);
    var events = new EventCounts();
    var shares = new Shares(config.replicationFactor());
    var claims = new Claims(self, config, ports, requests, led, this::post);
    var minority =
        new Minority(
            config, self, time, ports.versions(), lease, new Voter(time, config.lease()), off);
    var waiting = new WaitingPushes(time, time);
    var replicator =
        new Replicator(config, self, ports, requests, peers, shares, events, missed -> {});
    var queue =
        new LeaderQueue(
            config,
            ports,
            lease,
            minority,
            led,
            replicator,
            claims,
            new EpochFloor(),
            waiting,
            () -> Optional.of(view),
            _ -> {},
            off,
            events);
    return new Pushes(
        config,
        self,
        ports,
        requests,
        peers,
        lease,
        minority,
        led,
        queue,
        waiting,
        () -> Optional.of(view),
        off,
        events);
  }

  @BeforeEach
  void grant() {
    lease.enter(view);
    long renewal = lease.renew();
    lease.granted(view, ProcessId.of(self), view.epoch(), lease.digest(), renewal);
    lease.granted(view, ProcessId.of(leader), view.epoch(), lease.digest(), renewal);
    peers.heard(new Heartbeat(leader, 7, 1, 1, 0), config.lease().toNanos());
  }

  @Test
  void anUpdateThatGoesToAnotherNodeIsEncodedBesideTheLoop() {
    var update = new SlowUpdate(false);
    pushes.submit(new byte[] {'g'}, update, outcomes::add);
    assertEquals(List.of(), forwarded);

    update.isInLoop = false;
    time.settle();

    assertEquals(1, forwarded.size());
    assertArrayEquals(new byte[] {7}, forwarded.getFirst().update());
    assertEquals(false, forwarded.getFirst().relay(), "to the leader itself");
    assertEquals(List.of(), outcomes);
  }

  @Test
  void anUpdateThatCannotBeEncodedEndsAtOnce() {
    var update = new SlowUpdate(true);
    pushes.submit(new byte[] {'g'}, update, outcomes::add);

    update.isInLoop = false;
    time.settle();

    assertEquals(List.of(), forwarded);
    assertEquals(List.of(new PushOutcome.Unavailable("the update failed, see the log")), outcomes);
  }

  @Test
  void whatIsRefusedAtOnceIsAnswered() {
    pushes.submit(new byte[] {'g'}, Update.of(new byte[] {7}), outcomes::add);
    answer(Forwarded.Fate.SETTLED);
    assertInstanceOf(PushOutcome.Answered.class, outcomes.getFirst());
  }

  /** The first attempt may have been done, and then the client would be told that it was not. */
  @Test
  void whatIsRefusedAfterAnAttemptWithoutAnEndIsNotCalledRefused() {
    pushes.submit(new byte[] {'g'}, Update.of(new byte[] {7}), outcomes::add);
    answer(Forwarded.Fate.UNAVAILABLE);
    time.pass(config.renewal().toMillis());
    assertEquals(2, forwarded.size());
    answer(Forwarded.Fate.SETTLED);
    assertInstanceOf(PushOutcome.Unavailable.class, outcomes.getFirst());
  }

  @Test
  void whatIsDoneAfterAnAttemptWithoutAnEndIsAnswered() {
    pushes.submit(new byte[] {'g'}, Update.of(new byte[] {7}), outcomes::add);
    answer(Forwarded.Fate.UNAVAILABLE);
    time.pass(config.renewal().toMillis());
    answer(Forwarded.Fate.ANSWERED);
    assertInstanceOf(PushOutcome.Answered.class, outcomes.getFirst());
  }

  private void answer(Forwarded.Fate fate) {
    requests.answered(new Forwarded(forwarded.getLast().id(), fate, new byte[0], "a test"));
    time.settle();
  }

  private boolean post(Member to, PeerMessage message) {
    assertEquals(leader, to);
    if (message instanceof Forward forward) {
      forwarded.add(forward);
    }
    return true;
  }

  private View ledBy(Member member) {
    View none = TestViews.view(1, 7, List.of(self, leader));
    SlotTable slots = SlotTable.EMPTY.with(1, _ -> Optional.of(member));
    return new View(1, 7, none.seats(), List.of(), slots);
  }
}
