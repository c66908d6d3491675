package io.silverback.cluster.simulation;

import io.silverback.cluster.Network;
import io.silverback.cluster.message.PeerMessageCodec;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Counts what is sent between the nodes of a simulation, by kind and by sender. */
final class SimTraffic implements SimFabric.Tap {
  private final Map<Byte, String> kinds = new HashMap<>();
  private final Map<String, Count> byKind = new TreeMap<>();
  private final Map<SimHost, Count> bySender = new HashMap<>();
  private final Map<SimHost, Count> byReceiver = new HashMap<>();

  /** Messages, and the bytes of them, without frames and seals. */
  record Count(long messages, long bytes) {
    static final Count NONE = new Count(0, 0);

    Count plus(Count other) {
      return new Count(messages + other.messages, bytes + other.bytes);
    }
  }

  @Override
  public void sent(SimProcess from, SimProcess to, Network.Channel channel, byte[] message) {
    String kind =
        kinds.computeIfAbsent(
            message[0], _ -> PeerMessageCodec.decode(message).getClass().getSimpleName());
    var one = new Count(1, message.length);
    byKind.merge(kind, one, Count::plus);
    bySender.merge(from.host(), one, Count::plus);
    byReceiver.merge(to.host(), one, Count::plus);
  }

  Map<String, Count> byKind() {
    return byKind;
  }

  Count of(String kind) {
    return byKind.getOrDefault(kind, Count.NONE);
  }

  Count total() {
    return byKind.values().stream().reduce(Count.NONE, Count::plus);
  }

  Count sentBy(SimHost host) {
    return bySender.getOrDefault(host, Count.NONE);
  }

  Count receivedBy(SimHost host) {
    return byReceiver.getOrDefault(host, Count.NONE);
  }
}
