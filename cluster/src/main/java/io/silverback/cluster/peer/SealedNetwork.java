package io.silverback.cluster.peer;

import static java.util.Map.entry;

import io.silverback.cluster.Network;
import io.silverback.cluster.Trouble;
import io.silverback.cluster.peer.Outbound.Offer;
import io.silverback.cluster.peer.Outbound.Target;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A network of TCP connections, each sealed with keys of its own that the secret of the cluster
 * makes. Thread-safe.
 *
 * <p>A node opens one connection a peer and channel, when it has something to send, and messages go
 * outwards on it alone. Its threads are virtual but for those of messages that come with each push
 * or several times a second; there are as many of these as connections. {@link #dropConnections}
 * and {@link #close} wait until no message of a closed connection is being handed over, so a
 * receiver must call neither.
 */
public final class SealedNetwork implements Network {
  private static final Logger logger = System.getLogger(SealedNetwork.class.getName());
  private static final Duration TICK = Duration.ofMillis(250);
  private static final int BACKLOG = 128;

  /** What the last messages may take to leave, as that this node does. */
  private static final long MOST_NANOS_TO_LEAVE = Duration.ofMillis(200).toNanos();

  private final Local local;
  private final ServerSocket listener;
  private final Arrivals arrivals;
  private final Receivers receivers = new Receivers();
  private final Addresses addresses = new Addresses();
  private final Knocks knocks = new Knocks(addresses);
  private final Map<Target, Outbound> outbounds = new ConcurrentHashMap<>();
  private volatile boolean closed;

  private SealedNetwork(Local local, ServerSocket listener) {
    this.local = local;
    this.listener = listener;
    this.arrivals = new Arrivals(local);
  }

  /**
   * Listens for peers.
   *
   * @param self this node; a port of 0 in its address means the one it listens on
   * @param listenAddress {@code host:port}; no host for all addresses of the machine, port 0 for
   *     any
   * @throws IllegalArgumentException if an address is not valid, or the name of the node too long
   * @throws IOException if it cannot listen there
   */
  public static SealedNetwork open(
      Sender self, String listenAddress, PeerSecrets secrets, PeerConfig settings)
      throws IOException {
    return open(self, listenAddress, Versions.OURS, secrets, settings);
  }

  /** The same for a node that speaks these versions. */
  static SealedNetwork open(
      Sender self,
      String listenAddress,
      Versions versions,
      PeerSecrets secrets,
      PeerConfig settings)
      throws IOException {
    HostPort listen = HostPort.parse(listenAddress);
    HostPort advertised = HostPort.parse(self.address());
    InetAddress host = listen.host().isEmpty() ? null : listen.resolve()[0];
    var listener = new ServerSocket();
    try {
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(host, listen.port()), BACKLOG);
    } catch (IOException e) {
      Sockets.close(listener);
      throw e;
    }
    if (advertised.port() == 0) {
      advertised = advertised.withPort(listener.getLocalPort());
    }
    var sender = new Sender(self.nodeId(), self.incarnation(), advertised.toString());
    var local = new Local(sender, versions, settings, secrets);
    // Fails now rather than with each connection if a name is too long.
    new Hello(versions.newest(), Channel.GOSSIP, 0, sender, local.newNonce()).encode();
    var network = new SealedNetwork(local, listener);
    Thread.ofVirtual().name("peer-listener").start(network::accept);
    Thread.ofVirtual().name("peer-clock").start(network::watch);
    return network;
  }

  @Override
  public void knock(String address, Consumer<Knock> done) {
    HostPort at;
    try {
      at = HostPort.parse(address);
    } catch (IllegalArgumentException _) {
      done.accept(Knock.NOT_REFUSED);
      return;
    }
    knocks.knock(at, done);
  }

  @Override
  public boolean send(String address, Channel channel, byte[] message) {
    int most = local.settings().maxBytes(channel);
    if (message.length > most) {
      logger.log(
          Level.WARNING,
          "a message is too long to be sent",
          entry("peer", address),
          entry("channel", channel),
          entry("length", message.length),
          entry("limit", most));
    }
    var target = new Target(address, channel);
    while (message.length <= most) {
      Outbound outbound = outbound(target);
      if (outbound == null) {
        break;
      }
      switch (outbound.offer(message)) {
        case Offer.QUEUED -> {
          return true;
        }
        case Offer.RETIRED -> outbounds.remove(target, outbound);
        case Offer.FULL -> {
          local.traffic().of(channel).dropped.increment();
          return false;
        }
      }
    }
    local.traffic().of(channel).dropped.increment();
    return false;
  }

  @Override
  public void receive(Channel channel, Receiver receiver) {
    receivers.put(channel, receiver);
  }

  @Override
  public void whenHungUp(Consumer<Sender> listener) {
    receivers.putEnds(listener);
  }

  @Override
  public void dropConnections() {
    for (Outbound outbound : outbounds.values()) {
      if (Arrivals.isDroppable(outbound.target().channel())) {
        outbound.drop();
      }
    }
    arrivals.drop();
  }

  @Override
  public String localAddress() {
    return local.self().address();
  }

  /** What went through so far. */
  public PeerTraffic traffic() {
    return local.traffic().snapshot(arrivals.handshakes());
  }

  /**
   * The version of the connections that are open between each node and this one, the lowest of
   * them, and the newest that this node speaks itself, by the names of the nodes.
   */
  public Map<String, Integer> versions() {
    var versions = new TreeMap<String, Integer>();
    outbounds
        .values()
        .forEach(
            outbound ->
                outbound
                    .session()
                    .ifPresent(
                        to -> versions.merge(to.welcome().nodeId(), to.version(), Math::min)));
    arrivals
        .sessions()
        .forEach(from -> versions.merge(from.hello().from().nodeId(), from.version(), Math::min));
    versions.put(local.self().nodeId(), local.versions().newest());
    return versions;
  }

  /** The peers that cannot be reached now or were not let in lately, and why. */
  public List<Trouble> troubles() {
    return local.unreached().recent(System.nanoTime());
  }

  /** Lets messages that could leave at once do so, and closes all connections. */
  @Override
  public void close() {
    synchronized (outbounds) {
      closed = true;
    }
    Sockets.close(listener);
    long until = System.nanoTime() + MOST_NANOS_TO_LEAVE;
    while (!outbounds.values().stream().allMatch(Outbound::isQuiet)
        && System.nanoTime() - until < 0) {
      pause(Duration.ofMillis(5));
    }
    outbounds.values().forEach(Outbound::retire);
    arrivals.close();
    addresses.close();
  }

  /** The one to that target, if there may be one. */
  private @Nullable Outbound outbound(Target target) {
    Outbound known = outbounds.get(target);
    if (known != null) {
      return known;
    }
    Outbound made;
    synchronized (outbounds) {
      known = outbounds.get(target);
      if (known != null || closed || outbounds.size() >= local.settings().maxOutbound()) {
        return known;
      }
      try {
        made = new Outbound(target, local, addresses);
      } catch (IllegalArgumentException e) {
        logger.log(Level.DEBUG, "cannot send", entry("reason", String.valueOf(e.getMessage())));
        return null;
      }
      outbounds.put(target, made);
    }
    Sockets.thread(target.channel())
        .name("peer-" + target.channel() + "-" + target.address())
        .start(
            () -> {
              try {
                made.run();
              } finally {
                outbounds.remove(target, made);
              }
            });
    return made;
  }

  private void accept() {
    while (!closed) {
      try {
        Socket socket = listener.accept();
        var inbound = new Inbound(local, arrivals, receivers, socket, arrivals.generation());
        arrivals.begin(inbound);
        Thread.ofVirtual().name("peer-from-" + socket.getRemoteSocketAddress()).start(inbound::run);
      } catch (SocketException e) {
        if (!closed) {
          logger.log(
              Level.WARNING,
              "cannot accept a connection",
              entry("reason", String.valueOf(e.getMessage())));
          pause(TICK);
        }
      } catch (IOException e) {
        logger.log(
            Level.WARNING,
            "cannot accept a connection",
            entry("reason", String.valueOf(e.getMessage())));
        pause(TICK);
      }
    }
  }

  private void watch() {
    while (!closed) {
      pause(TICK);
      long now = System.nanoTime();
      try {
        arrivals.check(now);
        outbounds.values().forEach(outbound -> outbound.check(now));
      } catch (RuntimeException e) {
        logger.log(Level.ERROR, "watching the connections failed, which is a bug", e);
      }
    }
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
