package io.silverback.cluster.peer;

import static org.junit.jupiter.api.Assertions.fail;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Sender;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Networks of a test on the loopback interface, all closed at its end. */
final class Nodes implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final List<SealedNetwork> open = new ArrayList<>();
  private long incarnations = 0x100;

  /** Short enough for a test, long enough for a busy machine. */
  static PeerConfig settings() {
    return new PeerConfig(
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        Duration.ofMillis(200),
        Duration.ofSeconds(2),
        Duration.ofMinutes(1),
        Duration.ofMillis(20),
        Duration.ofMillis(100),
        64,
        4,
        64,
        1_000,
        1L << 20,
        64L << 20,
        16 << 20,
        1 << 20);
  }

  /** As {@link #settings}, but idle connections are closed sooner. */
  static PeerConfig soonIdle() {
    PeerConfig s = settings();
    return new PeerConfig(
        s.connectTimeout(),
        s.handshakeTimeout(),
        s.keepAlive(),
        s.silence(),
        Duration.ofMillis(300),
        s.shortestBackOff(),
        s.longestBackOff(),
        s.maxInbound(),
        s.maxHandshakes(),
        s.maxOutbound(),
        s.queueMessages(),
        s.queueBytes(),
        s.totalQueueBytes(),
        s.maxDataBytes(),
        s.maxOtherBytes());
  }

  SealedNetwork open(String nodeId) {
    return open(nodeId, "127.0.0.1:0", PeerSecrets.none(), settings());
  }

  SealedNetwork open(String nodeId, PeerSecrets secrets) {
    return open(nodeId, "127.0.0.1:0", secrets, settings());
  }

  /** A build that speaks these versions. */
  SealedNetwork open(String nodeId, String listen, Versions versions) {
    return open(nodeId, listen, versions, PeerSecrets.none(), settings());
  }

  SealedNetwork open(String nodeId, String listen, PeerSecrets secrets, PeerConfig settings) {
    return open(nodeId, listen, Versions.OURS, secrets, settings);
  }

  private SealedNetwork open(
      String nodeId, String listen, Versions versions, PeerSecrets secrets, PeerConfig settings) {
    try {
      var self = new Sender(nodeId, incarnations++, listen);
      SealedNetwork network = SealedNetwork.open(self, listen, versions, secrets, settings);
      open.add(network);
      return network;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends until it is taken. */
  static void send(SealedNetwork from, String to, Channel channel, String text) {
    await("a message is taken", () -> from.send(to, channel, bytes(text)));
  }

  static void await(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - until > 0) {
        fail("waited in vain until " + what);
      }
      pause(2);
    }
  }

  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static long refused(SealedNetwork network, Refusal reason) {
    return network.traffic().refused().getOrDefault(reason, 0L);
  }

  static PeerTraffic.ChannelTraffic traffic(SealedNetwork network, Channel channel) {
    PeerTraffic.ChannelTraffic traffic = network.traffic().channels().get(channel);
    if (traffic == null) {
      throw new IllegalStateException("not counted: channel=" + channel);
    }
    return traffic;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    open.forEach(SealedNetwork::close);
  }
}
