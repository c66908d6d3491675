package io.silverback.cluster.simulation;

import io.silverback.cluster.Member;
import io.silverback.cluster.Network;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/** A network of several nodes in one process, with switches to cut it. Thread-safe. */
public final class MemoryFabric implements AutoCloseable {
  private final Map<String, Node> nodes = new HashMap<>();
  private final Set<String> silent = new HashSet<>();
  private final Random random;
  private double loss;
  private BiPredicate<String, byte[]> lost = (_, _) -> false;

  public MemoryFabric(long seed) {
    random = new Random(seed);
  }

  /** A node at an address; takes the place of an earlier one there. */
  public synchronized Network node(Member member) {
    var node =
        new Node(new Network.Sender(member.nodeId(), member.incarnation(), member.peerAddress()));
    nodes.put(member.peerAddress(), node);
    return node;
  }

  /** Neither sends nor gets anything until it is heard again. */
  public synchronized void silence(String address) {
    silent.add(address);
  }

  public synchronized void hear(String address) {
    silent.remove(address);
  }

  /** Which part of all messages is lost. */
  public synchronized void lose(double part) {
    loss = part;
  }

  /** Which messages are lost beside these, by the address of the sender and the bytes. */
  public synchronized void lose(BiPredicate<String, byte[]> which) {
    lost = which;
  }

  private synchronized boolean carry(
      Network.Sender from, String address, Network.Channel channel, byte[] message) {
    Node to = nodes.get(address);
    if (to == null || silent.contains(address) || silent.contains(from.address())) {
      return false;
    }
    if (nodes.get(from.address()) == null
        || random.nextDouble() < loss
        || lost.test(from.address(), message)) {
      return true;
    }
    to.deliver(from, channel, message);
    return true;
  }

  @Override
  public synchronized void close() {
    nodes.values().forEach(node -> node.thread.shutdownNow());
  }

  private final class Node implements Network {
    private final Sender self;
    private final ExecutorService thread =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("memory-network").factory());
    private final Map<Channel, Receiver> receivers = new EnumMap<>(Channel.class);

    private Node(Sender self) {
      this.self = self;
    }

    private void deliver(Sender from, Channel channel, byte[] message) {
      if (thread.isShutdown()) {
        return;
      }
      thread.execute(
          () -> {
            Receiver receiver;
            synchronized (receivers) {
              receiver = receivers.get(channel);
            }
            if (receiver != null) {
              receiver.received(from, message);
            }
          });
    }

    @Override
    public boolean send(String address, Channel channel, byte[] message) {
      return carry(self, address, channel, message);
    }

    @Override
    public void knock(String address, Consumer<Knock> done) {
      done.accept(Knock.NOT_REFUSED);
    }

    @Override
    public void receive(Channel channel, Receiver receiver) {
      synchronized (receivers) {
        receivers.put(channel, receiver);
      }
    }

    @Override
    public void whenHungUp(Consumer<Sender> listener) {}

    @Override
    public void dropConnections() {}

    @Override
    public String localAddress() {
      return self.address();
    }

    @Override
    public void close() {
      synchronized (MemoryFabric.this) {
        nodes.remove(self.address(), this);
        thread.shutdownNow();
      }
    }
  }
}
