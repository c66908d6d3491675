package io.silverback.server.flags;

import static io.silverback.server.flags.ClusterFlags.ADVERTISE;
import static io.silverback.server.flags.ClusterFlags.ADVERTISE_WEB;
import static io.silverback.server.flags.ClusterFlags.CLOCK_SKEW;
import static io.silverback.server.flags.ClusterFlags.CONNECTIONS;
import static io.silverback.server.flags.ClusterFlags.DNS;
import static io.silverback.server.flags.ClusterFlags.DRAIN_TIMEOUT;
import static io.silverback.server.flags.ClusterFlags.EXPECT;
import static io.silverback.server.flags.ClusterFlags.FACTOR;
import static io.silverback.server.flags.ClusterFlags.JOIN;
import static io.silverback.server.flags.ClusterFlags.LEASE;
import static io.silverback.server.flags.ClusterFlags.LISTEN;
import static io.silverback.server.flags.ClusterFlags.MESSAGE;
import static io.silverback.server.flags.ClusterFlags.NODE_ID;
import static io.silverback.server.flags.ClusterFlags.ON_MINORITY;
import static io.silverback.server.flags.ClusterFlags.PUSH_BUDGET;
import static io.silverback.server.flags.ClusterFlags.QUEUE;
import static io.silverback.server.flags.ClusterFlags.REFUSED_MEANS_DEAD;
import static io.silverback.server.flags.ClusterFlags.RENEWAL;
import static io.silverback.server.flags.ClusterFlags.REPLICA_TIMEOUT;
import static io.silverback.server.flags.ClusterFlags.SECRET;
import static io.silverback.server.flags.ClusterFlags.STABILITY;
import static io.silverback.server.flags.ClusterFlags.TOMBSTONE_AGE;
import static io.silverback.server.flags.ClusterFlags.VOTER_ONLY;
import static io.silverback.server.flags.ClusterFlags.ZONE;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.OnMinority;
import io.silverback.cluster.peer.PeerConfig;
import io.silverback.cluster.peer.PeerSecrets;
import io.silverback.server.yaml.GoDuration;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What the flags of the cluster say together. */
final class ClusterRules {
  /** How many queues may be full at a time, over all servers. */
  private static final long TOTAL_FACTOR = 8;

  /** Those that mean nothing to a single node. */
  private static final List<Flag<?>> NEED_LISTEN =
      List.of(ADVERTISE, EXPECT, NODE_ID, SECRET, JOIN, VOTER_ONLY);

  private ClusterRules() {}

  /** What must hold, in the order in which {@link #read} finds out. */
  static List<FlagRule> all() {
    return Stream.concat(
            NEED_LISTEN.stream()
                .map(flag -> new FlagRule(flag, flags -> refuseWithoutListening(flags, flag))),
            Stream.of(
                inCluster(LISTEN, ClusterRules::listenPort),
                inCluster(ADVERTISE, ClusterRules::peerAddress),
                // A method reference would load the class of secrets on a single node, too.
                inCluster(SECRET, flags -> secrets(flags)),
                inCluster(ServerFlags.LISTEN_ADDRESS, ClusterRules::webAddress),
                inCluster(NODE_ID, ClusterRules::nodeId),
                inCluster(EXPECT, ClusterRules::expected),
                inCluster(LEASE, ClusterRules::requireLongLease)))
        .toList();
  }

  private static FlagRule inCluster(Flag<?> about, Consumer<FlagValues> check) {
    return new FlagRule(
        about,
        flags -> {
          if (flags.get(LISTEN).isPresent()) {
            check.accept(flags);
          }
        });
  }

  /**
   * What the flags say; empty for a single node. Call it for flags that keep all rules.
   *
   * @throws StartUpException with one line that says what to change
   */
  static Optional<MemberConfig> read(FlagValues flags) {
    return flags
        .get(LISTEN)
        .map(
            listen ->
                new MemberConfig(
                    listen,
                    peerAddress(flags),
                    webAddress(flags),
                    joined(flags),
                    nodeId(flags),
                    flags.get(ZONE).orElse(""),
                    flags.get(VOTER_ONLY),
                    secrets(flags),
                    flags.get(ServerFlags.PERSISTENCE_FILE).map(it -> it.resolve("cluster")),
                    flags.get(DRAIN_TIMEOUT),
                    rules(flags),
                    peers(flags)));
  }

  private static void refuseWithoutListening(FlagValues flags, Flag<?> flag) {
    if (flags.get(LISTEN).isPresent()) {
      return;
    }
    List<String> given = flags.texts(flag).stream().filter(text -> !text.isEmpty()).toList();
    if (!given.isEmpty() && !given.getLast().equals("false")) {
      throw new StartUpException(
          flag.option()
              + " means nothing on a single node, add "
              + LISTEN.option()
              + ": "
              + flag.name()
              + "="
              + given.getLast());
    }
  }

  private static InetSocketAddress listenPort(FlagValues flags) {
    InetSocketAddress listen = FlagTypes.address().read(LISTEN.name(), flags.text(LISTEN));
    if (listen.getPort() == 0) {
      throw FlagType.bad(
          LISTEN.name(), flags.text(LISTEN), "an address with a port, which the others know");
    }
    return listen;
  }

  private static String peerAddress(FlagValues flags) {
    return flags.get(ADVERTISE).orElseGet(() -> ownPeerAddress(flags));
  }

  private static String ownPeerAddress(FlagValues flags) {
    InetSocketAddress listen = listenPort(flags);
    if (!listen.getAddress().isAnyLocalAddress()) {
      return host(flags.text(LISTEN)) + ":" + listen.getPort();
    }
    List<String> own = ownAddresses();
    if (own.size() != 1) {
      throw new StartUpException(
          ADVERTISE.option()
              + " is needed where a machine has not exactly one address, name the one that the"
              + " others reach: addresses="
              + own);
    }
    return own.getFirst() + ":" + listen.getPort();
  }

  private static List<String> ownAddresses() {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(card -> card.getInterfaceAddresses().stream())
          .map(InterfaceAddress::getAddress)
          .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
          .map(InetAddress::getHostAddress)
          .distinct()
          .sorted()
          .toList();
    } catch (SocketException e) {
      return List.of();
    }
  }

  private static String webAddress(FlagValues flags) {
    return flags.get(ADVERTISE_WEB).orElseGet(() -> ownWebAddress(flags));
  }

  private static String ownWebAddress(FlagValues flags) {
    int port = flags.all(ServerFlags.LISTEN_ADDRESS).getFirst().getPort();
    if (port == 0) {
      throw new StartUpException(
          "--web.listen-address needs a port in a cluster, as the others tell it Prometheus:"
              + " port=0");
    }
    return host(peerAddress(flags)) + ":" + port;
  }

  private static String host(String address) {
    return address.substring(0, address.lastIndexOf(':'));
  }

  /** The others, each once, without this server itself. */
  private static List<String> joined(FlagValues flags) {
    String own = peerAddress(flags);
    return flags.all(JOIN).stream()
        .flatMap(Optional::stream)
        .filter(other -> !other.equals(own))
        .distinct()
        .toList();
  }

  private static PeerSecrets secrets(FlagValues flags) {
    Optional<Path> file = flags.get(SECRET);
    try {
      if (file.isPresent()) {
        return PeerSecrets.ofFile(file.get());
      }
      PeerSecrets.requireSecret(flags.text(LISTEN), peerAddress(flags));
      return PeerSecrets.none();
    } catch (IllegalArgumentException e) {
      throw new StartUpException(SECRET.option() + ": " + e.getMessage());
    }
  }

  /** How many servers have to see one another before they form a first cluster. */
  static int expected(FlagValues flags) {
    return flags.get(EXPECT).orElseGet(() -> knownServers(flags));
  }

  private static int knownServers(FlagValues flags) {
    List<String> join = joined(flags);
    if (join.stream().anyMatch(other -> other.startsWith(DNS))) {
      throw new StartUpException(
          EXPECT.option()
              + " is needed with a name that resolves to any number of servers: "
              + JOIN.name()
              + "="
              + String.join(",", join));
    }
    return join.size() + 1;
  }

  private static String nodeId(FlagValues flags) {
    return flags.get(NODE_ID).orElseGet(ClusterRules::hostName);
  }

  private static String hostName() {
    try {
      String host = InetAddress.getLocalHost().getHostName();
      if (FlagTypes.isNodeName(host)) {
        return host;
      }
    } catch (UnknownHostException e) {
      // Told below.
    }
    throw new StartUpException(
        NODE_ID.option() + " is needed, as this machine has no host name that will do");
  }

  private static void requireLongLease(FlagValues flags) {
    Duration lease = flags.get(LEASE);
    Duration renewal = flags.get(RENEWAL);
    if (lease.compareTo(renewal.multipliedBy(3)) < 0) {
      throw new StartUpException(
          "--%s must be three times --%s or more: %s=%s %s=%s"
              .formatted(
                  LEASE.name(),
                  RENEWAL.name(),
                  LEASE.name(),
                  GoDuration.format(lease),
                  RENEWAL.name(),
                  GoDuration.format(renewal)));
    }
  }

  private static ClusterConfig rules(FlagValues flags) {
    return new ClusterConfig(
        expected(flags),
        flags.get(FACTOR),
        flags.get(LEASE),
        flags.get(RENEWAL),
        flags.get(REPLICA_TIMEOUT),
        flags.get(PUSH_BUDGET),
        flags.get(STABILITY),
        flags.get(TOMBSTONE_AGE),
        flags.get(ON_MINORITY).map(choice -> OnMinority.valueOf(choice.toUpperCase(Locale.ROOT))),
        flags.get(CLOCK_SKEW),
        flags.get(REFUSED_MEANS_DEAD));
  }

  private static PeerConfig peers(FlagValues flags) {
    PeerConfig standard = PeerConfig.standard();
    int message = flags.get(MESSAGE);
    int queue = flags.get(QUEUE);
    return new PeerConfig(
        standard.connectTimeout(),
        standard.handshakeTimeout(),
        standard.keepAlive(),
        standard.silence(),
        standard.idle(),
        standard.shortestBackOff(),
        standard.longestBackOff(),
        flags.get(CONNECTIONS),
        standard.maxHandshakes(),
        standard.maxOutbound(),
        standard.queueMessages(),
        queue,
        TOTAL_FACTOR * Math.max((long) queue, message),
        message,
        standard.maxOtherBytes());
  }
}
