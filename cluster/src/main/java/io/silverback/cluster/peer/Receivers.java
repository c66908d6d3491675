package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Receiver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Who takes the messages of each channel. Thread-safe. */
final class Receivers {
  private final Map<Channel, Receiver> byChannel = new ConcurrentHashMap<>();

  void put(Channel channel, Receiver receiver) {
    byChannel.put(channel, receiver);
  }

  /** Null as long as there is none. */
  @Nullable Receiver of(Channel channel) {
    return byChannel.get(channel);
  }
}
