package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import java.time.Duration;

/**
 * What bounds a {@link SealedNetwork}.
 *
 * @param connectTimeout how long a connect may take
 * @param handshakeTimeout how long both sides may take to prove themselves
 * @param keepAlive after which silence a node says that it lives
 * @param silence after which a connection is given up; must outlast two keep-alives
 * @param idle after which an outbound connection is closed that nobody sends over
 * @param shortestBackOff between two connects of which the first failed; doubles each time
 * @param longestBackOff what it doubles to
 * @param maxInbound connections of peers at a time
 * @param maxHandshakes connections of which it is not known yet whose they are; one more ends the
 *     oldest
 * @param maxOutbound connections to peers at a time; one for each address and channel
 * @param queueMessages messages that may wait for a connection
 * @param queueBytes their bytes; a single message may be larger
 * @param totalQueueBytes bytes that may wait for all connections
 * @param maxDataBytes of a message of {@link Channel#DATA}
 * @param maxOtherBytes of any other message
 */
public record PeerConfig(
    Duration connectTimeout,
    Duration handshakeTimeout,
    Duration keepAlive,
    Duration silence,
    Duration idle,
    Duration shortestBackOff,
    Duration longestBackOff,
    int maxInbound,
    int maxHandshakes,
    int maxOutbound,
    int queueMessages,
    long queueBytes,
    long totalQueueBytes,
    int maxDataBytes,
    int maxOtherBytes) {
  /** What the longest message may be set to: its length has to be a number of an array. */
  public static final int LONGEST_MESSAGE = 1 << 30;

  public PeerConfig {
    requirePositive("connectTimeout", connectTimeout.toMillis());
    requirePositive("handshakeTimeout", handshakeTimeout.toMillis());
    requirePositive("keepAlive", keepAlive.toMillis());
    requirePositive("idle", idle.toMillis());
    requirePositive("shortestBackOff", shortestBackOff.toMillis());
    requirePositive("maxInbound", maxInbound);
    requirePositive("maxHandshakes", maxHandshakes);
    requirePositive("maxOutbound", maxOutbound);
    requirePositive("queueMessages", queueMessages);
    requirePositive("queueBytes", queueBytes);
    requirePositive("maxOtherBytes", maxOtherBytes);
    if (silence.compareTo(keepAlive.multipliedBy(2)) <= 0) {
      throw new IllegalArgumentException(
          "silence must outlast two keep-alives: silence=" + silence + " keepAlive=" + keepAlive);
    }
    if (longestBackOff.compareTo(shortestBackOff) < 0) {
      throw new IllegalArgumentException(
          "the longest back-off must not be the shorter one: shortestBackOff="
              + shortestBackOff
              + " longestBackOff="
              + longestBackOff);
    }
    if (maxDataBytes < 1 || maxDataBytes > LONGEST_MESSAGE || maxOtherBytes > LONGEST_MESSAGE) {
      throw new IllegalArgumentException(
          "messages must fit into 1 GiB: maxDataBytes="
              + maxDataBytes
              + " maxOtherBytes="
              + maxOtherBytes);
    }
    if (totalQueueBytes < Math.max(maxDataBytes, maxOtherBytes)) {
      throw new IllegalArgumentException(
          "the longest message must be able to wait: totalQueueBytes="
              + totalQueueBytes
              + " maxDataBytes="
              + maxDataBytes);
    }
  }

  /** What the flags say where they are left alone. */
  public static PeerConfig standard() {
    return new PeerConfig(
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(1),
        Duration.ofSeconds(3),
        Duration.ofMinutes(1),
        Duration.ofMillis(50),
        Duration.ofSeconds(1),
        1_024,
        64,
        1_024,
        16_384,
        32L << 20,
        256L << 20,
        64 << 20,
        1 << 20);
  }

  int maxBytes(Channel channel) {
    return channel == Channel.DATA ? maxDataBytes : maxOtherBytes;
  }

  private static void requirePositive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be positive: " + name + "=" + value);
    }
  }
}
