package io.silverback.cluster.peer;

import static io.silverback.cluster.peer.Nodes.bytes;
import static io.silverback.cluster.peer.Nodes.refused;
import static io.silverback.cluster.peer.Nodes.traffic;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Sender;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a peer without the secret, or with an old one, gets done. */
@Timeout(60)
final class StrangerTest {
  private static final String OLD = "the old secret of a test";
  private static final String NEW = "the new secret of a test";

  private final Nodes nodes = new Nodes();
  @TempDir Path folder;

  @AfterEach
  void close() {
    nodes.close();
  }

  @Test
  void nodeWithAnotherSecretGetsNothingThroughInEitherDirection() throws Exception {
    SealedNetwork a = nodes.open("a", secrets("a", OLD));
    SealedNetwork stranger = nodes.open("stranger", secrets("stranger", NEW));
    Inbox atA = Inbox.of(a, Channel.CONTROL);
    Inbox atStranger = Inbox.of(stranger, Channel.CONTROL);
    stranger.send(a.localAddress(), Channel.CONTROL, bytes("in"));
    a.send(stranger.localAddress(), Channel.CONTROL, bytes("out"));
    Nodes.await("one fails", () -> traffic(stranger, Channel.CONTROL).dropped() == 1);
    Nodes.await("both fail", () -> traffic(a, Channel.CONTROL).dropped() == 1);
    assertEquals(1, refused(a, Refusal.SECRET));
    assertEquals(
        List.of(stranger.localAddress(), "127.0.0.1"),
        a.troubles().stream().map(each -> withoutEphemeralPort(each.address(), stranger)).toList());
    assertTrue(
        a.troubles().getLast().reason().contains("no secret of this node"), a.troubles()::toString);
    assertTrue(
        stranger.troubles().getFirst().reason().contains("another secret"),
        stranger.troubles()::toString);
    assertEquals(List.of(), atA.texts());
    assertEquals(List.of(), atStranger.texts());
  }

  @Test
  void listenerReadsNoMessageAndARecordedConnectionIsRefused() throws Exception {
    SealedNetwork b = nodes.open("b", secrets("b", OLD));
    Inbox atB = Inbox.of(b, Channel.DATA);
    try (var tap = new Tap(b.localAddress())) {
      SealedNetwork a = nodes.open("a", secrets("a", OLD));
      Nodes.send(a, tap.address(), Channel.DATA, "a message in plain words");
      atB.await(1);
      byte[] recorded = tap.recorded(0);
      assertFalse(new String(recorded, StandardCharsets.ISO_8859_1).contains("plain"));

      assertTrue(recorded.length > 100);
      for (int i = 0; i < 3; i++) {
        try (Socket again = connect(b)) {
          again.getOutputStream().write(recorded);
          awaitEnd(again);
        }
      }
      assertEquals(3, refused(b, Refusal.SEAL));
      assertEquals(List.of("a message in plain words"), atB.texts());
      assertEquals(1, traffic(b, Channel.DATA).inbound());
    }
  }

  @Test
  void silentAndSlowStrangersAreCutOff() throws Exception {
    SealedNetwork b = nodes.open("b");
    try (Socket silent = connect(b);
        Socket slow = connect(b)) {
      Thread.ofVirtual().start(() -> drip(slow, hello(Versions.VERSION)));
      awaitEnd(silent);
      awaitEnd(slow);
    }
    assertEquals(2, refused(b, Refusal.TIMEOUT));
    Nodes.await("no handshake is left", () -> b.traffic().handshakes() == 0);
  }

  @Test
  void manyStrangersDoNotKeepAPeerOut() throws Exception {
    SealedNetwork a = nodes.open("a");
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.CONTROL);
    var strangers = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 30; i++) {
        strangers.add(connect(b));
      }
      Nodes.send(a, b.localAddress(), Channel.CONTROL, "through the crowd");
      atB.await(1);
      assertTrue(refused(b, Refusal.CROWDED) >= 20);
      assertTrue(b.traffic().handshakes() <= Nodes.settings().maxHandshakes());
    } finally {
      strangers.forEach(Sockets::close);
    }
  }

  @Test
  void otherVersionIsRefusedAndToldOurs() throws Exception {
    SealedNetwork b = nodes.open("b");
    try (Socket newer = connect(b)) {
      newer.getOutputStream().write(hello(Versions.VERSION + 1));
      byte[] answer = newer.getInputStream().readAllBytes();
      assertEquals(Versions.VERSION, ByteBuffer.wrap(answer).getShort(4));
    }
    assertEquals(1, refused(b, Refusal.NEWER));
    try (Socket browser = connect(b)) {
      browser.getOutputStream().write(bytes("GET / HTTP/1.1\r\n\r\n"));
      awaitEnd(browser);
    }
    assertEquals(1, refused(b, Refusal.MALFORMED));
  }

  @Test
  void impostorThatAnswersGetsNoMessage() throws Exception {
    try (var impostor = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
      SealedNetwork a = nodes.open("a");
      a.send("127.0.0.1:" + impostor.getLocalPort(), Channel.DATA, bytes("a message"));
      try (Socket victim = impostor.accept()) {
        victim.setSoTimeout(5_000);
        Greeting.Read hello = Greeting.read(victim.getInputStream());
        byte[] welcome =
            new Welcome(Versions.VERSION, "impostor", 1, new byte[Greeting.NONCE_LENGTH]).encode();
        victim.getOutputStream().write(Keys.concat(welcome, hello.proof()));
        awaitEnd(victim);
      }
      Nodes.await("it is dropped", () -> traffic(a, Channel.DATA).dropped() == 1);
    }
  }

  @Test
  void secretsRotateWithoutARestart() throws Exception {
    Path fileA = file("a", OLD);
    Path fileB = file("b", OLD, NEW);
    SealedNetwork a = nodes.open("a", PeerSecrets.ofFile(fileA));
    SealedNetwork b = nodes.open("b", PeerSecrets.ofFile(fileB));
    Inbox atB = Inbox.of(b, Channel.CONTROL);
    Nodes.send(a, b.localAddress(), Channel.CONTROL, "old");
    atB.await(1);

    file("a", NEW, OLD);
    file("b", NEW);
    Nodes.await("the old one is taken away", () -> refused(b, Refusal.SECRET) > 0);
    Nodes.await(
        "the new one seals",
        () -> {
          a.send(b.localAddress(), Channel.CONTROL, bytes("new"));
          return atB.texts().contains("new");
        });
  }

  @Test
  void processThatInsistsOnANameIsRefused() throws Exception {
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.DATA);
    try (Socket twin = connect(b)) {
      MessageWriter writer = dial(twin, new Sender("b", 1, "127.0.0.1:1"), 1);
      writer.flush();
      awaitEnd(twin);
    }
    assertEquals(1, refused(b, Refusal.NAME));
    assertEquals(List.of(), atB.texts());
  }

  @Test
  void newerConnectionOfAPeerReplacesTheOlderAndNeverTheOtherWayRound() throws Exception {
    SealedNetwork b = nodes.open("b");
    Inbox atB = Inbox.of(b, Channel.DATA);
    var from = new Sender("a", 1, "127.0.0.1:1");
    try (Socket first = connect(b);
        Socket second = connect(b);
        Socket late = connect(b)) {
      say(dial(first, from, 2), "first");
      atB.await(1);
      say(dial(second, from, 3), "second");
      awaitEnd(first);
      say(dial(late, from, 1), "late");
      awaitEnd(late);
      atB.await(2);
      assertEquals(List.of("first", "second"), atB.texts());
      assertEquals(2, refused(b, Refusal.REPLACED));
      assertEquals(1, traffic(b, Channel.DATA).inbound());
    }
  }

  private static String withoutEphemeralPort(String address, SealedNetwork known) {
    return address.equals(known.localAddress())
        ? address
        : address.substring(0, address.lastIndexOf(':'));
  }

  private PeerSecrets secrets(String name, String... lines) throws IOException {
    return PeerSecrets.ofFile(file(name, lines));
  }

  private Path file(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), List.of(lines));
  }

  private static byte[] hello(int version) {
    var from = new Sender("stranger", 1, "127.0.0.1:1");
    byte[] said =
        new Hello(Versions.VERSION, Channel.DATA, 1, from, new byte[Greeting.NONCE_LENGTH])
            .encode();
    ByteBuffer.wrap(said).putShort(4, (short) version);
    return Keys.concat(said, new byte[Keys.PROOF_LENGTH]);
  }

  private static Socket connect(SealedNetwork to) throws IOException {
    HostPort address = HostPort.parse(to.localAddress());
    var socket = new Socket(address.host(), address.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  /** Opens a connection by hand, all but the frame that proves it. */
  private static MessageWriter dial(Socket socket, Sender self, long attempt) throws IOException {
    var hello =
        new Hello(Versions.VERSION, Channel.DATA, attempt, self, new byte[Greeting.NONCE_LENGTH]);
    Session session =
        Session.open(
            socket.getInputStream(),
            socket.getOutputStream(),
            hello,
            Versions.OURS,
            PeerSecrets.none());
    return new MessageWriter(socket.getOutputStream(), session.keys().forward());
  }

  private static void say(MessageWriter writer, String message) throws IOException {
    writer.flush();
    writer.add(bytes(message));
    writer.flush();
  }

  /** Reads until the other side closes, in whatever way. */
  private static void awaitEnd(Socket socket) throws IOException {
    try {
      while (socket.getInputStream().read() >= 0) {
        // A welcome says nothing to a stranger.
      }
    } catch (SocketException _) {
      // Closed with bytes of ours unread.
    }
  }

  private static void drip(Socket socket, byte[] bytes) {
    try {
      for (byte each : bytes) {
        socket.getOutputStream().write(each);
        Nodes.pause(50);
      }
    } catch (IOException _) {
      // Cut off.
    }
  }
}
