package io.silverback.server.flags;

import static io.silverback.server.flags.Flags.list;
import static io.silverback.server.flags.Flags.off;
import static io.silverback.server.flags.Flags.text;

import io.silverback.cluster.ClusterConfig;
import io.silverback.cluster.peer.PeerSecrets;
import io.silverback.cluster.peer.PeerSettings;
import io.silverback.server.yaml.GoDuration;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The flags of the cluster, and what they say together. */
final class ClusterFlags {
  private static final String LISTEN = "cluster.listen-address";
  private static final String ADVERTISE = "cluster.advertise-address";
  private static final String ADVERTISE_WEB = "cluster.advertise-web-address";
  private static final String JOIN = "cluster.join";
  private static final String EXPECT = "cluster.bootstrap-expect";
  private static final String NODE_ID = "cluster.node-id";
  private static final String ZONE = "cluster.zone";
  private static final String FACTOR = "cluster.replication-factor";
  private static final String SECRET = "cluster.secret-file";
  private static final String VOTER_ONLY = "cluster.voter-only";
  private static final String ON_MINORITY = "cluster.on-minority";
  private static final String LEASE = "cluster.lease";
  private static final String RENEWAL = "cluster.renewal";
  private static final String REPLICA_TIMEOUT = "cluster.replica-timeout";
  private static final String PUSH_BUDGET = "cluster.push-budget";
  private static final String STABILITY = "cluster.stability";
  private static final String TOMBSTONE_AGE = "cluster.tombstone-age";
  private static final String CLOCK_SKEW = "cluster.max-clock-skew";
  private static final String QUEUE = "cluster.peer-queue-size";
  private static final String MESSAGE = "cluster.max-message-size";
  private static final String CONNECTIONS = "cluster.max-peer-connections";

  static final List<String> DURATIONS =
      List.of(LEASE, RENEWAL, REPLICA_TIMEOUT, PUSH_BUDGET, STABILITY, TOMBSTONE_AGE, CLOCK_SKEW);

  static final List<Flags.Flag> TABLE =
      List.of(
          text(
              LISTEN,
              "",
              "Address to listen on for the other servers of a cluster, such as :9094. Empty for a"
                  + " single node."),
          text(
              ADVERTISE,
              "",
              "Address under which the others reach this server. Defaults to --cluster.listen-address,"
                  + " or the one address that this machine has."),
          text(
              ADVERTISE_WEB,
              "",
              "Address under which Prometheus reaches this server. Defaults to the host of"
                  + " --cluster.advertise-address and the port of --web.listen-address."),
          list(
              JOIN,
              "",
              "Another server of the cluster, as host:port or dns+name:port for all addresses of a"
                  + " name, repeatable."),
          text(
              EXPECT,
              "",
              "How many servers have to see one another before they form a first cluster. Defaults"
                  + " to the number of different --cluster.join plus one."),
          text(NODE_ID, "", "Name of this server in the cluster. Defaults to the host name."),
          text(ZONE, "", "What fails together with this server: copies go to other zones first."),
          text(FACTOR, "2", "How many servers hold a push before it is answered."),
          text(
              SECRET,
              "",
              "File with the secrets of the cluster, one a line: the first seals, all open. Needed"
                  + " unless all servers are on this machine."),
          off(VOTER_ONLY, "Only vote on who leads, and hold no groups."),
          text(
              ON_MINORITY,
              "withhold",
              "What a server does that cannot reach most of the others: withhold, that is show no"
                  + " groups and take no pushes."),
          text(LEASE, "2s", "How long a server leads without hearing from most of the voters."),
          text(RENEWAL, "400ms", "How often it asks them."),
          text(
              REPLICA_TIMEOUT,
              "500ms",
              "How long a push waits for a copy before another is taken."),
          text(PUSH_BUDGET, "8s", "How long a push waits for a leader before it gets a 503."),
          text(
              STABILITY,
              "30s",
              "How long a server that was removed has to stay before it leads again; doubles each"
                  + " time."),
          text(
              TOMBSTONE_AGE,
              "1h",
              "How long a deleted group is remembered, so that no server brings it back; it counts for"
                  + " --limits.max-groups as long."),
          text(
              CLOCK_SKEW,
              "1s",
              "How far the clock of another server may be from the clock of this one until the log"
                  + " says so."),
          text(QUEUE, "32MiB", "Most bytes that wait to be sent to one other server."),
          text(MESSAGE, "64MiB", "Most bytes of a message between servers: a group has to fit."),
          text(CONNECTIONS, "1024", "Most connections that other servers may have to this one."));

  private static final Pattern NAME = Pattern.compile("[\\p{Alnum}][\\p{Alnum}._-]{0,127}");
  private static final String DNS = "dns+";
  private static final int MOST_NODES = 1000;
  private static final int MOST_CONNECTIONS = 100_000;

  /** So many full queues may wait at a time, over all servers. */
  private static final long TOTAL_FACTOR = 8;

  private ClusterFlags() {}

  /**
   * What the flags say; empty for a single node.
   *
   * @throws StartUpException with one line that says what to change
   */
  static Optional<ClusterSettings> read(
      Flags flags, List<InetSocketAddress> web, Optional<Path> storeFolder) {
    checkEach(flags);
    if (flags.text(LISTEN).isEmpty()) {
      refuseWithoutListening(flags);
      return Optional.empty();
    }
    InetSocketAddress listen = Flags.address(LISTEN, flags.text(LISTEN));
    if (listen.getPort() == 0) {
      throw Flags.bad(LISTEN, flags.text(LISTEN), "an address with a port, which the others know");
    }
    String peerAddress = peerAddress(flags, listen);
    List<String> join =
        joined(flags).stream().filter(other -> !other.equals(peerAddress)).distinct().toList();
    PeerSecrets secrets = secrets(flags, peerAddress);
    return Optional.of(
        new ClusterSettings(
            flags.text(LISTEN),
            peerAddress,
            webAddress(flags, peerAddress, web),
            join,
            nodeId(flags),
            flags.text(ZONE),
            flags.isOn(VOTER_ONLY),
            secrets,
            storeFolder.map(folder -> folder.resolve("cluster")),
            rules(flags, expected(flags, join)),
            peers(flags)));
  }

  /** What is wrong with a flag whatever the others say. */
  static void checkEach(Flags flags) {
    for (String name : List.of(LISTEN, ADVERTISE, ADVERTISE_WEB)) {
      if (!flags.text(name).isEmpty()) {
        requireHostAndPort(name, flags.text(name), !name.equals(LISTEN));
      }
    }
    for (String other : joined(flags)) {
      String address = other.startsWith(DNS) ? other.substring(DNS.length()) : other;
      requireHostAndPort(JOIN, address, true);
    }
    for (String name : List.of(NODE_ID, ZONE)) {
      if (!flags.text(name).isEmpty() && !NAME.matcher(flags.text(name)).matches()) {
        throw Flags.bad(
            name, flags.text(name), "up to 128 letters, digits, dots, dashes and underscores");
      }
    }
    if (!flags.text(EXPECT).isEmpty()) {
      int _ = flags.number(EXPECT, MOST_NODES);
    }
    if (!flags.text(ON_MINORITY).equals("withhold")) {
      throw Flags.bad(ON_MINORITY, flags.text(ON_MINORITY), "withhold, the only way so far");
    }
    int _ = flags.number(FACTOR, MOST_NODES);
    boolean _ = flags.isOn(VOTER_ONLY);
    DURATIONS.forEach(flags::positiveDuration);
    int _ = flags.bytes(QUEUE);
    int _ = messageBytes(flags);
    int _ = flags.number(CONNECTIONS, MOST_CONNECTIONS);
  }

  private static void refuseWithoutListening(Flags flags) {
    boolean joins = !joined(flags).isEmpty();
    for (String name : List.of(ADVERTISE, EXPECT, NODE_ID, SECRET)) {
      if (!flags.text(name).isEmpty()) {
        throw alone(name, flags.text(name));
      }
    }
    if (joins || flags.isOn(VOTER_ONLY)) {
      throw alone(joins ? JOIN : VOTER_ONLY, flags.text(joins ? JOIN : VOTER_ONLY));
    }
  }

  private static StartUpException alone(String name, String given) {
    return new StartUpException(
        "--"
            + name
            + " means nothing on a single node, add --"
            + LISTEN
            + ": "
            + name
            + "="
            + given);
  }

  private static String peerAddress(Flags flags, InetSocketAddress listen) {
    if (!flags.text(ADVERTISE).isEmpty()) {
      return flags.text(ADVERTISE);
    }
    if (!listen.getAddress().isAnyLocalAddress()) {
      String given = flags.text(LISTEN);
      return given.substring(0, given.lastIndexOf(':')) + ":" + listen.getPort();
    }
    List<String> own = ownAddresses();
    if (own.size() != 1) {
      throw new StartUpException(
          "--"
              + ADVERTISE
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

  private static String webAddress(
      Flags flags, String peerAddress, List<InetSocketAddress> listening) {
    if (!flags.text(ADVERTISE_WEB).isEmpty()) {
      return flags.text(ADVERTISE_WEB);
    }
    int port = listening.getFirst().getPort();
    if (port == 0) {
      throw new StartUpException(
          "--web.listen-address needs a port in a cluster, as the others tell it Prometheus: port=0");
    }
    return peerAddress.substring(0, peerAddress.lastIndexOf(':')) + ":" + port;
  }

  private static List<String> joined(Flags flags) {
    return flags.all(JOIN).stream().filter(other -> !other.isEmpty()).toList();
  }

  private static PeerSecrets secrets(Flags flags, String peerAddress) {
    String file = flags.text(SECRET);
    try {
      if (!file.isEmpty()) {
        return PeerSecrets.ofFile(Path.of(file));
      }
      PeerSecrets.requireSecret(flags.text(LISTEN), peerAddress);
      return PeerSecrets.none();
    } catch (InvalidPathException e) {
      throw Flags.bad(SECRET, file, "the path of a file");
    } catch (IllegalArgumentException e) {
      throw new StartUpException("--" + SECRET + ": " + e.getMessage());
    }
  }

  private static int expected(Flags flags, List<String> join) {
    if (!flags.text(EXPECT).isEmpty()) {
      return flags.number(EXPECT, MOST_NODES);
    }
    if (join.stream().anyMatch(other -> other.startsWith(DNS))) {
      throw new StartUpException(
          "--"
              + EXPECT
              + " is needed with a name that stands for any number of servers: "
              + JOIN
              + "="
              + String.join(",", join));
    }
    return join.size() + 1;
  }

  private static String nodeId(Flags flags) {
    if (!flags.text(NODE_ID).isEmpty()) {
      return flags.text(NODE_ID);
    }
    try {
      String host = InetAddress.getLocalHost().getHostName();
      if (NAME.matcher(host).matches()) {
        return host;
      }
    } catch (UnknownHostException e) {
      // Told below.
    }
    throw new StartUpException(
        "--" + NODE_ID + " is needed, as this machine has no host name that will do");
  }

  private static ClusterConfig rules(Flags flags, int expected) {
    Duration lease = flags.duration(LEASE);
    Duration renewal = flags.duration(RENEWAL);
    if (lease.compareTo(renewal.multipliedBy(3)) < 0) {
      throw new StartUpException(
          "--%s must be three times --%s or more: %s=%s %s=%s"
              .formatted(
                  LEASE,
                  RENEWAL,
                  LEASE,
                  GoDuration.format(lease),
                  RENEWAL,
                  GoDuration.format(renewal)));
    }
    return new ClusterConfig(
        expected,
        flags.number(FACTOR, MOST_NODES),
        lease,
        renewal,
        flags.duration(REPLICA_TIMEOUT),
        flags.duration(PUSH_BUDGET),
        flags.duration(STABILITY),
        flags.duration(TOMBSTONE_AGE),
        flags.duration(CLOCK_SKEW));
  }

  private static int messageBytes(Flags flags) {
    int message = flags.bytes(MESSAGE);
    if (message > PeerSettings.LONGEST_MESSAGE) {
      throw Flags.bad(MESSAGE, flags.text(MESSAGE), "a size up to 1GiB");
    }
    return message;
  }

  private static PeerSettings peers(Flags flags) {
    PeerSettings standard = PeerSettings.standard();
    int message = messageBytes(flags);
    int queue = flags.bytes(QUEUE);
    return new PeerSettings(
        standard.connectTimeout(),
        standard.handshakeTimeout(),
        standard.keepAlive(),
        standard.silence(),
        standard.idle(),
        standard.shortestBackOff(),
        standard.longestBackOff(),
        flags.number(CONNECTIONS, MOST_CONNECTIONS),
        standard.maxHandshakes(),
        standard.maxOutbound(),
        standard.queueMessages(),
        queue,
        TOTAL_FACTOR * Math.max((long) queue, message),
        message,
        standard.maxOtherBytes());
  }

  private static void requireHostAndPort(String name, String given, boolean needsHost) {
    int colon = given.lastIndexOf(':');
    boolean isSound = colon > 0 || (colon == 0 && !needsHost);
    try {
      int port = isSound ? Integer.parseInt(given.substring(colon + 1)) : -1;
      isSound = port >= (needsHost ? 1 : 0) && port <= 65535;
    } catch (NumberFormatException e) {
      isSound = false;
    }
    if (!isSound) {
      throw Flags.bad(
          name,
          given,
          needsHost ? "a host and a port such as 10.0.0.1:9094" : "an address such as :9094");
    }
  }
}
