package io.silverback.cluster.gossip;

import static java.util.Map.entry;

import io.scalecube.cluster.transport.api.Message;
import io.scalecube.cluster.transport.api.Transport;
import io.silverback.cluster.Network;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * What carries the messages of ScaleCube: one channel of a {@link Network}. Opens no port.
 * Thread-safe.
 *
 * <p>The library takes a fixed list of seeds. It is given one that does not exist, {@link #SEEDS},
 * and what is sent there goes to the seeds at that time.
 */
final class ChannelTransport implements Transport {
  private static final System.Logger logger = System.getLogger(ChannelTransport.class.getName());

  /** Not an address that a node could have. */
  static final String SEEDS = "(seeds):1";

  private final Network network;
  private final Supplier<List<String>> seeds;
  private final Sinks.Many<Message> received = Sinks.many().multicast().directBestEffort();
  private volatile boolean stopped;
  private volatile boolean malformedLogged;

  ChannelTransport(Network network, Supplier<List<String>> seeds) {
    this.network = network;
    this.seeds = seeds;
  }

  @Override
  public String address() {
    return network.localAddress();
  }

  @Override
  public Mono<Transport> start() {
    return Mono.fromSupplier(
        () -> {
          network.receive(Network.Channel.GOSSIP, this::receive);
          return this;
        });
  }

  private void receive(Network.Sender from, byte[] bytes) {
    if (stopped) {
      return;
    }
    Message message;
    try {
      message = MessageBytes.read(bytes);
    } catch (IOException malformed) {
      if (!malformedLogged) {
        malformedLogged = true;
        logger.log(
            System.Logger.Level.WARNING,
            "ignoring malformed gossip, the peer may run another version",
            entry("node", from.nodeId()),
            entry("reason", String.valueOf(malformed.getMessage())));
      }
      return;
    }
    // The sink takes one at a time. A receiver that cannot take it now misses it, like a datagram.
    synchronized (received) {
      received.tryEmitNext(message);
    }
  }

  @Override
  public Mono<Void> stop() {
    return Mono.fromRunnable(
        () -> {
          stopped = true;
          synchronized (received) {
            received.tryEmitComplete();
          }
        });
  }

  @Override
  public boolean isStopped() {
    return stopped;
  }

  /** Completes at once, whether it arrives or not: pings tell who is there. */
  @Override
  public Mono<Void> send(String address, Message message) {
    return Mono.fromRunnable(() -> sendNow(address, message));
  }

  private void sendNow(String address, Message message) {
    byte[] bytes = MessageBytes.of(message);
    for (String to : address.equals(SEEDS) ? seeds.get() : List.of(address)) {
      network.send(to, Network.Channel.GOSSIP, bytes.clone());
    }
  }

  /** Completes with the first answer; the library bounds how long it waits. */
  @Override
  public Mono<Message> requestResponse(String address, Message request) {
    String id = request.correlationId();
    return Mono.create(
        answer -> {
          answer.onDispose(
              listen()
                  .filter(message -> id.equals(message.correlationId()))
                  .next()
                  .subscribe(answer::success, answer::error, answer::success));
          sendNow(address, request);
        });
  }

  @Override
  public Flux<Message> listen() {
    return received.asFlux();
  }
}
