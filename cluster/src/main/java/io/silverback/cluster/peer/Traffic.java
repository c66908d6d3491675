package io.silverback.cluster.peer;

import io.silverback.cluster.Network.Channel;
import io.silverback.cluster.peer.PeerTraffic.ChannelTraffic;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The counters that {@link PeerTraffic} shows. Thread-safe. */
final class Traffic {
  private final Map<Channel, Counters> channels = new EnumMap<>(Channel.class);
  private final Map<Refusal, LongAdder> refused = new EnumMap<>(Refusal.class);
  private final AtomicLong queuedBytes = new AtomicLong();

  /** Of one channel. */
  static final class Counters {
    final AtomicInteger inbound = new AtomicInteger();
    final AtomicInteger outbound = new AtomicInteger();
    final LongAdder messagesIn = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder messagesOut = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final LongAdder unreceived = new LongAdder();
  }

  Traffic() {
    for (Channel channel : Channel.values()) {
      channels.put(channel, new Counters());
    }
    for (Refusal refusal : Refusal.values()) {
      refused.put(refusal, new LongAdder());
    }
  }

  Counters of(Channel channel) {
    Counters counters = channels.get(channel);
    if (counters == null) {
      throw new IllegalStateException("not counted: channel=" + channel);
    }
    return counters;
  }

  void refuse(Refusal refusal) {
    LongAdder count = refused.get(refusal);
    if (count != null) {
      count.increment();
    }
  }

  /** Takes room for bytes that wait; false if all together would be more than may be. */
  boolean queue(int bytes, long most) {
    if (queuedBytes.addAndGet(bytes) <= most) {
      return true;
    }
    queuedBytes.addAndGet(-bytes);
    return false;
  }

  void unqueue(long bytes) {
    queuedBytes.addAndGet(-bytes);
  }

  PeerTraffic snapshot(int handshakes) {
    var byChannel = new EnumMap<Channel, ChannelTraffic>(Channel.class);
    channels.forEach(
        (channel, from) ->
            byChannel.put(
                channel,
                new ChannelTraffic(
                    from.inbound.get(),
                    from.outbound.get(),
                    from.messagesIn.sum(),
                    from.bytesIn.sum(),
                    from.messagesOut.sum(),
                    from.bytesOut.sum(),
                    from.dropped.sum(),
                    from.unreceived.sum())));
    var byReason = new EnumMap<Refusal, Long>(Refusal.class);
    refused.forEach((reason, count) -> byReason.put(reason, count.sum()));
    return new PeerTraffic(byChannel, handshakes, queuedBytes.get(), byReason);
  }
}
