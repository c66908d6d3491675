package io.silverback.cluster.peer;

import static io.silverback.cluster.peer.Nodes.bytes;
import static io.silverback.cluster.peer.Nodes.traffic;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Sender;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SealedNetworkTest {
  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() {
    nodes.close();
  }

  @Test
  void messagesGoBothWaysAndNameTheirSender() {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    Inbox atA = Inbox.of(a, Channel.CONTROL);
    Inbox atB = Inbox.of(b, Channel.CONTROL);

    Nodes.send(a, b.localAddress(), Channel.CONTROL, "ping");
    Nodes.send(b, a.localAddress(), Channel.CONTROL, "pong");
    atA.await(1);
    atB.await(1);

    assertEquals(List.of("ping"), atB.texts());
    assertEquals(List.of("pong"), atA.texts());
    assertEquals(new Sender("a", 0x100, a.localAddress()), atB.senders.getFirst());
    assertEquals(new Sender("b", 0x101, b.localAddress()), atA.senders.getFirst());
    Nodes.await("it is counted", () -> traffic(a, Channel.CONTROL).messagesIn() == 1);
    // The sender counts when its write has returned, which may be after the message was read.
    Nodes.await("it is counted", () -> traffic(a, Channel.CONTROL).bytesOut() == 4);
    assertEquals(1, traffic(a, Channel.CONTROL).outbound());
    assertEquals(1, traffic(a, Channel.CONTROL).inbound());
    assertEquals(0, traffic(a, Channel.DATA).outbound());
  }

  @Test
  void messagesOfAChannelArriveInOrderWhateverTheirLength() {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.DATA);
    long seed = System.nanoTime();
    System.out.println("seed=" + seed);
    var random = new Random(seed);
    var sent = new ArrayList<byte[]>();
    for (int i = 0; i < 2_000; i++) {
      byte[] message = new byte[random.nextInt(10) == 0 ? random.nextInt(200_000) : i % 50];
      random.nextBytes(message);
      sent.add(message);
      Nodes.await("there is room", () -> a.send(b.localAddress(), Channel.DATA, message));
    }
    atB.await(sent.size());
    for (int i = 0; i < sent.size(); i++) {
      assertArrayEquals(sent.get(i), atB.messages.get(i), "number " + i);
    }
  }

  @Test
  void largestMessageArrivesAndALargerOneIsNotSent() {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.DATA);
    byte[] large = new byte[Nodes.settings().maxDataBytes()];
    new Random(1).nextBytes(large);

    assertFalse(a.send(b.localAddress(), Channel.DATA, new byte[large.length + 1]));
    assertFalse(a.send(b.localAddress(), Channel.CONTROL, large));
    assertTrue(a.send(b.localAddress(), Channel.DATA, large.clone()));
    atB.await(1);
    assertArrayEquals(large, atB.messages.getFirst());
  }

  @Test
  void fullQueueDropsTheNewestAndDoesNotBlock() throws Exception {
    try (var deaf = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
      SealedNetwork a = nodes.open("a");
      String address = "127.0.0.1:" + deaf.getLocalPort();
      int taken = 0;
      long started = System.nanoTime();
      while (taken < 10_000 && a.send(address, Channel.DATA, new byte[8_192])) {
        taken++;
      }
      assertTrue(System.nanoTime() - started < Duration.ofMillis(900).toNanos());
      assertEquals((1 << 20) / 8_192, taken);
      assertEquals(1, traffic(a, Channel.DATA).dropped());
      assertEquals(1 << 20, a.traffic().queuedBytes());
      Nodes.await("it gives up", () -> traffic(a, Channel.DATA).dropped() == 1 + 128);
      Nodes.await("nothing is queued", () -> a.traffic().queuedBytes() == 0);
    }
  }

  @Test
  void refusedConnectFailsWhatWaits() throws Exception {
    int port;
    try (var gone = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
      port = gone.getLocalPort();
    }
    SealedNetwork a = nodes.open("a");
    long started = System.nanoTime();
    a.send("127.0.0.1:" + port, Channel.CONTROL, bytes("lost"));
    Nodes.await("it is dropped", () -> traffic(a, Channel.CONTROL).dropped() == 1);
    assertTrue(System.nanoTime() - started < Duration.ofMillis(900).toNanos());
    assertFalse(a.send("no port", Channel.CONTROL, bytes("lost")));
  }

  @Test
  void connectsAgainAfterThePeerRestarts() {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    String address = b.localAddress();
    Inbox before = Inbox.of(b, Channel.CONTROL);
    Nodes.send(a, address, Channel.CONTROL, "before");
    before.await(1);
    b.close();
    Nodes.await("it is noticed", () -> traffic(a, Channel.CONTROL).outbound() == 0);

    SealedNetwork again = nodes.open("b", address, PeerSecrets.none(), Nodes.settings());
    Inbox after = Inbox.of(again, Channel.CONTROL);
    Nodes.await(
        "a message arrives",
        () -> {
          a.send(address, Channel.CONTROL, bytes("after"));
          return !after.messages.isEmpty();
        });
  }

  @Test
  void dropConnectionsHandsOverNothingBuffered() throws Exception {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    var inHandOver = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var inbox = new Inbox();
    b.receive(
        Channel.DATA,
        (from, message) -> {
          inbox.received(from, message);
          inHandOver.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    Inbox gossip = Inbox.of(b, Channel.GOSSIP);
    Nodes.send(a, b.localAddress(), Channel.GOSSIP, "gossip");
    gossip.await(1);
    for (int i = 0; i < 100; i++) {
      Nodes.send(a, b.localAddress(), Channel.DATA, "old " + i);
    }
    assertTrue(inHandOver.await(10, TimeUnit.SECONDS));
    Nodes.await("all is written", () -> traffic(a, Channel.DATA).messagesOut() == 100);

    Thread drop = Thread.ofVirtual().start(b::dropConnections);
    assertFalse(drop.join(Duration.ofMillis(100)), "a message is still being handed over");
    go.countDown();
    drop.join();
    Nodes.pause(100);
    assertEquals(List.of("old 0"), inbox.texts());
    assertEquals(1, traffic(b, Channel.GOSSIP).inbound());

    Nodes.await(
        "a new connection is used",
        () -> {
          a.send(b.localAddress(), Channel.DATA, bytes("new"));
          return inbox.messages.size() > 1;
        });
    assertEquals("new", inbox.texts().get(1));
  }

  @Test
  void dropConnectionsSendsNothingThatWaited() throws Exception {
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.DATA);
    Inbox gossip = Inbox.of(b, Channel.GOSSIP);
    try (var tap = new Tap(b.localAddress())) {
      SealedNetwork a = nodes.open("a");
      tap.freeze();
      assertTrue(a.send(tap.address(), Channel.DATA, bytes("old")));
      assertTrue(a.send(tap.address(), Channel.GOSSIP, bytes("gossip")));
      a.dropConnections();
      tap.thaw();
      Nodes.await(
          "others get through",
          () -> {
            a.send(tap.address(), Channel.DATA, bytes("new"));
            a.send(tap.address(), Channel.GOSSIP, bytes("gossip"));
            return !atB.messages.isEmpty() && !gossip.messages.isEmpty();
          });
      assertFalse(atB.texts().contains("old"));
    }
  }

  @Test
  void silentPeerIsGivenUpAndTriedAgain() throws Exception {
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.CONTROL);
    try (var tap = new Tap(b.localAddress())) {
      SealedNetwork a = nodes.open("a");
      Nodes.send(a, tap.address(), Channel.CONTROL, "before");
      atB.await(1);
      tap.freeze();
      Nodes.await("a gives up", () -> traffic(a, Channel.CONTROL).outbound() == 0);
      Nodes.await("b gives up", () -> traffic(b, Channel.CONTROL).inbound() == 0);
      tap.thaw();
      Nodes.await(
          "it is tried again",
          () -> {
            a.send(tap.address(), Channel.CONTROL, bytes("after"));
            return atB.messages.size() > 1;
          });
    }
  }

  @Test
  void quietConnectionStaysAndAnIdleOneIsClosed() {
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.CONTROL);
    SealedNetwork quiet = nodes.open("quiet");
    SealedNetwork idle = nodes.open("idle", "127.0.0.1:0", PeerSecrets.none(), Nodes.soonIdle());
    Nodes.send(quiet, b.localAddress(), Channel.CONTROL, "quiet");
    Nodes.send(idle, b.localAddress(), Channel.CONTROL, "idle");
    atB.await(2);
    Nodes.await("one is closed", () -> traffic(b, Channel.CONTROL).inbound() == 1);
    Nodes.await("both sides know", () -> traffic(idle, Channel.CONTROL).outbound() == 0);
    Nodes.pause(Nodes.settings().silence().toMillis() + 300);
    assertEquals(1, traffic(quiet, Channel.CONTROL).outbound());
    Nodes.send(idle, b.localAddress(), Channel.CONTROL, "again");
    Nodes.send(quiet, b.localAddress(), Channel.CONTROL, "again");
    atB.await(4);
  }

  @Test
  void receiverThatThrowsLosesOnlyThatMessage() {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    var inbox = new Inbox();
    b.receive(
        Channel.CONTROL,
        (from, message) -> {
          if (message.length == 1) {
            throw new IllegalStateException("thrown by a test");
          }
          inbox.received(from, message);
        });
    Nodes.send(a, b.localAddress(), Channel.CONTROL, "x");
    Nodes.send(a, b.localAddress(), Channel.CONTROL, "good");
    inbox.await(1);
    assertEquals(1, traffic(b, Channel.CONTROL).unreceived());
  }

  @Test
  void secondProcessOfANameIsRefusedByBothSides() {
    SealedNetwork a = nodes.open("a");
    SealedNetwork twin = nodes.open("a");
    Inbox atA = Inbox.of(a, Channel.CONTROL);
    twin.send(a.localAddress(), Channel.CONTROL, bytes("from a twin"));
    Nodes.await("it is dropped", () -> traffic(twin, Channel.CONTROL).dropped() == 1);
    assertEquals(List.of(), atA.texts());
  }

  /** It may be dead, and then every moment counts; what this node ends by itself is no news. */
  @Test
  void theEndOfAConnectionIsToldUnlessThisNodeWantedIt() {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    Inbox atA = Inbox.of(a, Channel.CONTROL);
    var ended = new CopyOnWriteArrayList<Sender>();
    a.whenHungUp(ended::add);
    Nodes.send(b, a.localAddress(), Channel.CONTROL, "one");
    Nodes.send(b, a.localAddress(), Channel.DATA, "no heartbeats");
    atA.await(1);
    Nodes.await("both are there", () -> traffic(a, Channel.DATA).inbound() == 1);
    a.dropConnections();
    Nodes.await(
        "a new connection is used",
        () -> {
          b.send(a.localAddress(), Channel.CONTROL, bytes("two"));
          return atA.messages.size() > 1;
        });
    assertEquals(List.of(), ended);

    b.close();
    Nodes.await("it is told", () -> !ended.isEmpty());
    assertEquals(List.of(new Sender("b", 0x101, b.localAddress())), ended);
  }

  @Test
  void closedNetworkSendsNothing() {
    SealedNetwork a = nodes.open("a");
    a.close();
    assertFalse(a.send("127.0.0.1:1", Channel.CONTROL, bytes("late")));
    assertEquals(0, a.traffic().queuedBytes());
  }
}
