package io.silverback.cluster;

import java.util.function.Consumer;

/**
 * Carries messages between nodes: sealed, so that a sender is who it says, but like datagrams: a
 * message may be lost, and may arrive long after its sender gave up on it. Messages of one sender
 * on one channel arrive in order, each at most once. Thread-safe.
 */
public interface Network extends AutoCloseable {

  /** What a message is for. Messages of one channel do not wait for those of another. */
  enum Channel {
    /** Of the gossip library. */
    GOSSIP,
    /** Of the consensus library. */
    CONSENSUS,
    /** Leases, views and other small messages that must not wait. */
    CONTROL,
    /** Pushes and states of groups, which may be large. */
    DATA
  }

  /**
   * Who sent a message, as proved by the seal.
   *
   * @param nodeId the name of the node
   * @param incarnation the number of its process start
   * @param address where it listens for peers, as {@code host:port}
   */
  record Sender(String nodeId, long incarnation, String address) {}

  /** Takes messages; called by threads of the network, and must return quickly. */
  @FunctionalInterface
  interface Receiver {
    /** The bytes are the receiver's from now on. */
    void received(Sender from, byte[] message);
  }

  /**
   * Sends a message, or drops it if the peer is out of reach or does not keep up. Never blocks. The
   * bytes are the network's from now on.
   *
   * @param address where the peer listens, as {@code host:port}
   * @return false if it is known to be dropped
   */
  boolean send(String address, Channel channel, byte[] message);

  /** Hands all messages of a channel to the receiver from now on; until then they are dropped. */
  void receive(Channel channel, Receiver receiver);

  /**
   * Sets who is told when the connection of {@link Channel#CONTROL} that a process opened to this
   * one has ended, other than by the will of this node. That is a hint that the process may be
   * dead, and no more; the end of a process need not be seen.
   *
   * @param listener called by threads of the network, and must return quickly
   */
  void whenHungUp(Consumer<Sender> listener);

  /** What became of an attempt to connect. */
  enum Knock {
    /** The host answered that nobody listens. */
    REFUSED,
    /** A process listens, or nothing is known: no answer came in time, or no attempt was made. */
    NOT_REFUSED
  }

  /**
   * Tries to connect to any door of any process, and closes the connection at once.
   *
   * @param address as {@code host:port}; if the host has several, all have to refuse
   * @param done told once, soon, by any thread
   */
  void knock(String address, Consumer<Knock> done);

  /**
   * Closes all connections of the channels {@link Channel#CONTROL} and {@link Channel#DATA} without
   * handing over what they still hold. Later messages use new ones.
   */
  void dropConnections();

  /** Where this node listens, as {@code host:port}, as its peers are to reach it. */
  String localAddress();

  @Override
  void close();
}
