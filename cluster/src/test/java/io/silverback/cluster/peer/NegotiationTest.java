package io.silverback.cluster.peer;

import static io.silverback.cluster.peer.Nodes.bytes;
import static io.silverback.cluster.peer.Nodes.refused;
import static io.silverback.cluster.peer.Nodes.traffic;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Network.Channel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How builds that speak several versions of the protocol find one. */
@Timeout(60)
final class NegotiationTest {
  private static final String ANY = "127.0.0.1:0";
  private static final int NEWEST = 3;

  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() {
    nodes.close();
  }

  @Test
  void twoBuildsUseTheNewestVersionThatBothSpeak() {
    for (Versions ofA : ranges()) {
      for (Versions ofB : ranges()) {
        int common = Math.min(ofA.newest(), ofB.newest());
        if (ofA.speaks(common) && ofB.speaks(common)) {
          SealedNetwork a = nodes.open("a", ANY, ofA);
          SealedNetwork b = nodes.open("b", ANY, ofB);
          assertTalk(a, b);
          String what = ofA + " and " + ofB;
          assertEquals(common, version(a, "b"), what);
          assertEquals(common, version(b, "a"), what);
          assertEquals(ofA.newest(), version(a, "a"), what);
          assertEquals(0, refused(a, Refusal.VERSION) + refused(b, Refusal.VERSION), what);
          assertEquals(List.of(), a.troubles());
          assertEquals(List.of(), b.troubles());
          a.close();
          b.close();
        }
      }
    }
  }

  @Test
  void buildsWithoutACommonVersionExchangeNothingAndBothSaySo() {
    SealedNetwork a = nodes.open("a", ANY, new Versions(1, 1));
    SealedNetwork b = nodes.open("b", ANY, new Versions(2, 3));
    Inbox atA = Inbox.of(a, Channel.DATA);
    Inbox atB = Inbox.of(b, Channel.DATA);
    a.send(b.localAddress(), Channel.DATA, bytes("up"));
    b.send(a.localAddress(), Channel.DATA, bytes("down"));
    Nodes.await("a fails", () -> traffic(a, Channel.DATA).dropped() == 1);
    Nodes.await("b fails", () -> traffic(b, Channel.DATA).dropped() == 1);
    assertTrue(reason(a).endsWith("theirs=3 ours=1"), () -> reason(a));
    assertTrue(reason(b).endsWith("theirs=1 ours=2 to 3"), () -> reason(b));
    assertEquals(List.of(), atA.texts());
    assertEquals(List.of(), atB.texts());
    assertEquals(1, refused(b, Refusal.VERSION));
    assertEquals(1, refused(a, Refusal.NEWER));
  }

  @Test
  void anUpgradeAndADowngradeOfAPeerAreNoticed() {
    var both = new Versions(1, 2);
    var old = new Versions(1, 1);
    SealedNetwork a = nodes.open("a", ANY, both);
    String address = ANY;
    for (Versions ofB : List.of(old, both, old)) {
      SealedNetwork b = openAgain("b", address, ofB);
      address = b.localAddress();
      assertTalk(a, b);
      Nodes.await("of b " + ofB, () -> version(a, "b") == ofB.newest());
      assertEquals(ofB.newest(), version(b, "a"));
      b.close();
    }
  }

  /** A stranger between two nodes says that one speaks an old version only. */
  @Test
  void aForgedRefusalMakesNobodySpeakAnOldVersion() throws Exception {
    var both = new Versions(1, 2);
    SealedNetwork a = nodes.open("a", ANY, both);
    SealedNetwork b = nodes.open("b", ANY, both);
    Inbox atB = Inbox.of(b, Channel.DATA);
    try (var forger = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        var tap = new Tap(b.localAddress())) {
      a.send("127.0.0.1:" + forger.getLocalPort(), Channel.DATA, bytes("a message"));
      answerOnce(forger, Greeting.otherVersion(new Versions(1, 1)));
      try (Socket second = forger.accept();
          Socket on = connect(tap.address())) {
        Thread.ofVirtual().start(() -> pump(second, on));
        pump(on, second);
      }
      Nodes.await("it is dropped", () -> traffic(a, Channel.DATA).dropped() == 1);
    }
    assertTrue(reason(a).endsWith("used=1 ours=1 to 2"), () -> reason(a));
    assertEquals(List.of(), atB.texts());
    assertEquals(0, traffic(b, Channel.DATA).inbound());
  }

  /** Each round takes two connections at most, and the next one comes later and later. */
  @Test
  void aPeerThatRefusesEveryVersionIsAskedSeldom() throws Exception {
    int rounds = 10;
    PeerConfig settings = Nodes.settings();
    Duration least = settings.longestBackOff().multipliedBy(rounds / 2);
    try (var impostor = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
      SealedNetwork a = nodes.open("a", ANY, new Versions(1, 3));
      String address = "127.0.0.1:" + impostor.getLocalPort();
      Thread.ofVirtual().start(() -> insist(a, address));
      long began = System.nanoTime();
      for (int i = 0; i < rounds; i++) {
        answerOnce(impostor, Greeting.otherVersion(new Versions(1, 2)));
        answerOnce(impostor, Greeting.otherVersion(new Versions(1, 1)));
      }
      long took = System.nanoTime() - began;
      assertTrue(took >= least.toNanos(), () -> Duration.ofNanos(took).toString());
    }
  }

  private static List<Versions> ranges() {
    var ranges = new ArrayList<Versions>();
    for (int oldest = 1; oldest <= NEWEST; oldest++) {
      for (int newest = oldest; newest <= NEWEST; newest++) {
        ranges.add(new Versions(oldest, newest));
      }
    }
    return ranges;
  }

  /** Both send to the other on every channel at once. */
  private static void assertTalk(SealedNetwork a, SealedNetwork b) {
    for (Channel channel : Channel.values()) {
      Inbox atA = Inbox.of(a, channel);
      Inbox atB = Inbox.of(b, channel);
      Nodes.await(
          "both hear the other on " + channel,
          () -> {
            boolean up = !atB.texts().isEmpty() || a.send(b.localAddress(), channel, bytes("up"));
            boolean down =
                !atA.texts().isEmpty() || b.send(a.localAddress(), channel, bytes("down"));
            return up && down && !atA.texts().isEmpty() && !atB.texts().isEmpty();
          });
    }
  }

  /** The thread that accepted on an address may take a moment to let go of it. */
  private SealedNetwork openAgain(String node, String address, Versions versions) {
    var opened = new ArrayList<SealedNetwork>();
    Nodes.await(
        "the address is free",
        () -> {
          try {
            return opened.add(nodes.open(node, address, versions));
          } catch (UncheckedIOException _) {
            return false;
          }
        });
    return opened.getFirst();
  }

  private static int version(SealedNetwork at, String node) {
    return at.versions().getOrDefault(node, 0);
  }

  private static String reason(SealedNetwork at) {
    return at.troubles().isEmpty() ? "" : at.troubles().getFirst().reason();
  }

  private static void insist(SealedNetwork from, String to) {
    while (from.send(to, Channel.DATA, bytes("a message"))) {
      Nodes.pause(5);
    }
  }

  private static void answerOnce(ServerSocket as, byte[] answer) throws IOException {
    try (Socket asked = as.accept()) {
      Greeting.read(asked.getInputStream());
      asked.getOutputStream().write(answer);
    }
  }

  private static Socket connect(String address) throws IOException {
    HostPort to = HostPort.parse(address);
    return new Socket(to.host(), to.port());
  }

  private static void pump(Socket from, Socket into) {
    try (from;
        into) {
      from.getInputStream().transferTo(into.getOutputStream());
    } catch (IOException _) {
      // One end is gone, so the other one goes, too.
    }
  }
}
