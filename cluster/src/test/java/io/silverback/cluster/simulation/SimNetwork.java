package io.silverback.cluster.simulation;

import io.silverback.cluster.Network;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/** The network as one process sees it. */
final class SimNetwork implements Network {
  private final SimFabric fabric;
  private final SimProcess process;
  private final Map<Channel, Receiver> receivers = new EnumMap<>(Channel.class);
  private Consumer<Sender> ends = _ -> {};

  SimNetwork(SimFabric fabric, SimProcess process) {
    this.fabric = fabric;
    this.process = process;
  }

  void received(Channel channel, Sender from, byte[] message) {
    Receiver receiver = receivers.get(channel);
    if (receiver != null) {
      receiver.received(from, message);
    }
  }

  void hungUp(Sender from) {
    ends.accept(from);
  }

  @Override
  public void whenHungUp(Consumer<Sender> listener) {
    ends = listener;
  }

  @Override
  public boolean send(String address, Channel channel, byte[] message) {
    return fabric.send(process, address, channel, message);
  }

  @Override
  public void knock(String address, Consumer<Knock> done) {
    fabric.knock(process, address, done);
  }

  @Override
  public void receive(Channel channel, Receiver receiver) {
    receivers.put(channel, receiver);
  }

  @Override
  public void dropConnections() {
    fabric.drop(process);
  }

  @Override
  public String localAddress() {
    return process.host().address();
  }

  @Override
  public void close() {
    receivers.clear();
  }
}
