package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.Network.Receiver;
import io.silverback.cluster.Network.Sender;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Who takes the messages of each channel, and hears of ends. Thread-safe. */
final class Receivers {
  private final Map<Channel, Receiver> byChannel = new ConcurrentHashMap<>();
  private volatile Consumer<Sender> ends = _ -> {};

  void putEnds(Consumer<Sender> listener) {
    ends = listener;
  }

  Consumer<Sender> ends() {
    return ends;
  }

  void put(Channel channel, Receiver receiver) {
    byChannel.put(channel, receiver);
  }

  /** Null as long as there is none. */
  @Nullable Receiver of(Channel channel) {
    return byChannel.get(channel);
  }
}
