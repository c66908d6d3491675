package io.silverback.server.flags;

import static io.silverback.server.flags.FlagTypes.bytes;
import static io.silverback.server.flags.FlagTypes.bytesUpTo;
import static io.silverback.server.flags.FlagTypes.listenAddress;
import static io.silverback.server.flags.FlagTypes.nodeName;
import static io.silverback.server.flags.FlagTypes.number;
import static io.silverback.server.flags.FlagTypes.oneOf;
import static io.silverback.server.flags.FlagTypes.path;
import static io.silverback.server.flags.FlagTypes.positiveDuration;
import static io.silverback.server.flags.FlagTypes.remoteAddress;
import static io.silverback.server.flags.FlagTypes.unlessEmpty;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The flags of the cluster. What they say together is read by {@link ClusterRules}. */
final class ClusterFlags {
  static final FlagTable TABLE = new FlagTable("Cluster");

  /** Before a name whose addresses are looked up. */
  static final String DNS = "dns+";

  private static final int MOST_NODES = 1000;
  private static final int MOST_CONNECTIONS = 100_000;

  static final Flag<Optional<String>> LISTEN =
      TABLE.single(
          "cluster.listen-address",
          unlessEmpty(listenAddress()),
          "",
          "Address to listen on for the other servers of a cluster, such as :9094. Empty for a"
              + " single node.");

  static final Flag<Optional<String>> ADVERTISE =
      TABLE.single(
          "cluster.advertise-address",
          unlessEmpty(remoteAddress()),
          "",
          "Address under which the others reach this server. Defaults to"
              + " --cluster.listen-address, or the one address that this machine has.");

  static final Flag<Optional<String>> ADVERTISE_WEB =
      TABLE.single(
          "cluster.advertise-web-address",
          unlessEmpty(remoteAddress()),
          "",
          "Address under which Prometheus reaches this server. Defaults to the host of"
              + " --cluster.advertise-address and the port of --web.listen-address.");

  static final Flag<Optional<String>> JOIN =
      TABLE.list(
          "cluster.join",
          unlessEmpty(otherServer()),
          "",
          "Another server of the cluster, as host:port or dns+name:port for all addresses of a"
              + " name, repeatable.");

  static final Flag<Optional<Integer>> EXPECT =
      TABLE.single(
          "cluster.bootstrap-expect",
          unlessEmpty(number(MOST_NODES)),
          "",
          "How many servers have to see one another before they form a first cluster. Defaults to"
              + " the number of different --cluster.join plus one.");

  static final Flag<Optional<String>> NODE_ID =
      TABLE.single(
          "cluster.node-id",
          unlessEmpty(nodeName()),
          "",
          "Name of this server in the cluster. Defaults to the host name.");

  static final Flag<Optional<String>> ZONE =
      TABLE.single(
          "cluster.zone",
          unlessEmpty(nodeName()),
          "",
          "What fails together with this server: copies go to other zones first.");

  static final Flag<Integer> FACTOR =
      TABLE.single(
          "cluster.replication-factor",
          number(MOST_NODES),
          "2",
          "How many servers hold a push before it is answered.");

  static final Flag<Optional<Path>> SECRET =
      TABLE.single(
          "cluster.secret-file",
          path("file"),
          "",
          "File with the secrets of the cluster, one a line: the first seals, all open. Needed"
              + " unless all servers are on this machine.");

  static final Flag<Boolean> VOTER_ONLY =
      TABLE.off("cluster.voter-only", "Only vote on who leads, and hold no groups.");

  static final Flag<Optional<String>> ON_MINORITY =
      TABLE.single(
          "cluster.on-minority",
          unlessEmpty(oneOf("withhold", "fresh")),
          "",
          "What a server does that cannot reach most of the voters: withhold, that is show no groups"
              + " and take no pushes, or fresh, that is take pushes by itself and show only what it"
              + " was pushed since. Defaults to fresh where exactly two servers vote, and else to"
              + " withhold.");

  static final Flag<Boolean> REFUSED_MEANS_DEAD =
      TABLE.on(
          "cluster.refused-means-dead",
          "Go on alone, as one of exactly two voters, once the web and the peer port of the other"
              + " one refused every connection for a whole lease.");

  static final Flag<Duration> LEASE =
      TABLE.single(
          "cluster.lease",
          positiveDuration(),
          "2s",
          "How long a server leads without hearing from most of the voters.");

  static final Flag<Duration> RENEWAL =
      TABLE.single("cluster.renewal", positiveDuration(), "400ms", "How often it asks them.");

  static final Flag<Duration> REPLICA_TIMEOUT =
      TABLE.single(
          "cluster.replica-timeout",
          positiveDuration(),
          "500ms",
          "How long a push waits for a copy before another is taken.");

  static final Flag<Duration> PUSH_BUDGET =
      TABLE.single(
          "cluster.push-budget",
          positiveDuration(),
          "8s",
          "How long a push waits for a leader before it gets a 503.");

  static final Flag<Duration> STABILITY =
      TABLE.single(
          "cluster.stability",
          positiveDuration(),
          "30s",
          "How long a server that was removed has to stay before it leads again; doubles each"
              + " time.");

  static final Flag<Duration> DRAIN_TIMEOUT =
      TABLE.single(
          "cluster.drain-timeout",
          positiveDuration(),
          "10s",
          "How long a server that is told to end tries to hand over what it leads, so that no"
              + " scrape misses it.");

  static final Flag<Duration> TOMBSTONE_AGE =
      TABLE.single(
          "cluster.tombstone-age",
          positiveDuration(),
          "1h",
          "How long a deleted group is remembered, so that no server brings it back; it counts for"
              + " --limits.max-groups as long.");

  static final Flag<Duration> CLOCK_SKEW =
      TABLE.single(
          "cluster.max-clock-skew",
          positiveDuration(),
          "1s",
          "How far the clock of another server may be from the clock of this one until the log"
              + " says so.");

  static final Flag<Integer> QUEUE =
      TABLE.single(
          "cluster.peer-queue-size",
          bytes(),
          "32MiB",
          "Most bytes that wait to be sent to one other server.");

  static final Flag<Integer> MESSAGE =
      TABLE.single(
          "cluster.max-message-size",
          bytesUpTo("1GiB"),
          "64MiB",
          "Most bytes of a message between servers: a group has to fit.");

  static final Flag<Integer> CONNECTIONS =
      TABLE.single(
          "cluster.max-peer-connections",
          number(MOST_CONNECTIONS),
          "1024",
          "Most connections that other servers may have to this one.");

  private ClusterFlags() {}

  private static FlagType<String> otherServer() {
    FlagType<String> address = remoteAddress();
    return (name, given) ->
        given.startsWith(DNS)
            ? DNS + address.read(name, given.substring(DNS.length()))
            : address.read(name, given);
  }
}
