package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import java.util.Map;

/**
 * What went through a {@link SealedNetwork} since its start, and is open now.
 *
 * @param channels of each channel
 * @param handshakes connections of which it is not known yet whose they are
 * @param queuedBytes of the messages that wait for all connections
 * @param refused connections of others that were ended, by the reason
 */
public record PeerTraffic(
    Map<Channel, ChannelTraffic> channels,
    int handshakes,
    long queuedBytes,
    Map<Refusal, Long> refused) {

  /**
   * What went through one channel.
   *
   * @param inbound connections that are open
   * @param outbound connections that are open
   * @param messagesIn handed over
   * @param bytesIn theirs
   * @param messagesOut written to a connection; some may not have arrived
   * @param bytesOut theirs
   * @param dropped messages that were given to send and never written
   * @param unreceived messages that came and that nobody took
   */
  public record ChannelTraffic(
      int inbound,
      int outbound,
      long messagesIn,
      long bytesIn,
      long messagesOut,
      long bytesOut,
      long dropped,
      long unreceived) {}

  public PeerTraffic {
    channels = Map.copyOf(channels);
    refused = Map.copyOf(refused);
  }
}
