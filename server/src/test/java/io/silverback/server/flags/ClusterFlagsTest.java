package io.silverback.server.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The flags {@code --cluster.*}. */
final class ClusterFlagsTest {
  private static final String LISTEN = "--cluster.listen-address=127.0.0.1:9094";

  @Test
  void aServerIsAloneUnlessItListensForOthers() {
    assertEquals(Optional.empty(), config().cluster());
  }

  @Test
  void whatIsNotSaidFollowsFromTheAddressAndTheList() {
    MemberConfig settings =
        cluster(
            LISTEN,
            "--cluster.node-id=a",
            "--cluster.join=127.0.0.1:9094",
            "--cluster.join=127.0.0.1:9095",
            "--cluster.join=127.0.0.1:9096",
            "--cluster.join=127.0.0.1:9096");

    assertEquals("127.0.0.1:9094", settings.peerAddress());
    assertEquals("127.0.0.1:9091", settings.webAddress());
    assertEquals(List.of("127.0.0.1:9095", "127.0.0.1:9096"), settings.join());
    assertEquals(3, settings.rules().bootstrapExpect());
    assertEquals(2, settings.rules().replicationFactor());
    assertEquals(Duration.ofSeconds(2), settings.rules().lease());
    assertEquals(Optional.empty(), settings.folder());
  }

  @Test
  void whatIsSaidReachesTheSettings(@TempDir Path folder) throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "correct horse battery staple\n");
    MemberConfig settings =
        cluster(
            "--cluster.listen-address=:9094",
            "--cluster.advertise-address=10.0.0.1:19094",
            "--cluster.advertise-web-address=gateway-1:80",
            "--cluster.secret-file=" + secret,
            "--cluster.join=dns+gateway:9094",
            "--cluster.bootstrap-expect=5",
            "--cluster.node-id=a",
            "--cluster.zone=east",
            "--cluster.replication-factor=3",
            "--cluster.voter-only",
            "--no-cluster.refused-means-dead",
            "--cluster.lease=3s",
            "--cluster.renewal=1s",
            "--cluster.replica-timeout=1s",
            "--cluster.push-budget=9s",
            "--cluster.stability=1m",
            "--cluster.drain-timeout=4s",
            "--cluster.tombstone-age=10m",
            "--cluster.max-clock-skew=250ms",
            "--cluster.peer-queue-size=1MiB",
            "--cluster.max-message-size=2MiB",
            "--cluster.max-peer-connections=7",
            "--persistence.file=" + folder.resolve("store"));

    assertEquals("10.0.0.1:19094", settings.peerAddress());
    assertEquals("gateway-1:80", settings.webAddress());
    assertEquals(List.of("dns+gateway:9094"), settings.join());
    assertEquals(5, settings.rules().bootstrapExpect());
    assertEquals("east", settings.zone());
    assertEquals(3, settings.rules().replicationFactor());
    assertTrue(settings.voterOnly());
    assertFalse(settings.rules().refusedMeansDead());
    assertEquals(Duration.ofSeconds(3), settings.rules().lease());
    assertEquals(Duration.ofSeconds(9), settings.rules().pushBudget());
    assertEquals(Duration.ofMinutes(1), settings.rules().stability());
    assertEquals(Duration.ofSeconds(4), settings.drainTimeout());
    assertEquals(Duration.ofMinutes(10), settings.rules().tombstoneAge());
    assertEquals(Duration.ofMillis(250), settings.rules().maxClockSkew());
    assertEquals(1 << 20, settings.peers().queueBytes());
    assertEquals(2 << 20, settings.peers().maxDataBytes());
    assertEquals(7, settings.peers().maxInbound());
    assertEquals(Optional.of(folder.resolve("store/cluster")), settings.folder());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--cluster.join=a:1 | --cluster.join means nothing on a single node, add"
            + " --cluster.listen-address: cluster.join=a:1",
        "--cluster.listen-address=127.0.0.1:0 | --cluster.listen-address must be an address with a"
            + " port, which the others know: cluster.listen-address=127.0.0.1:0",
        "--cluster.listen-address=127.0.0.1 | --cluster.listen-address must be an address such as"
            + " :9094: cluster.listen-address=127.0.0.1",
        "--cluster.listen-address=127.0.0.1:9094 --cluster.join=b | --cluster.join must be a host"
            + " and a port such as 10.0.0.1:9094: cluster.join=b",
        "--cluster.listen-address=127.0.0.1:9094 --cluster.join=dns+b:1 |"
            + " --cluster.bootstrap-expect is needed with a name that resolves to any number of"
            + " servers: cluster.join=dns+b:1",
        "--cluster.listen-address=127.0.0.1:9094 --cluster.lease=1s | --cluster.lease must be three"
            + " times --cluster.renewal or more: cluster.lease=1s cluster.renewal=400ms",
        "--cluster.on-minority=merge | --cluster.on-minority must be one of withhold, fresh:"
            + " cluster.on-minority=merge",
        "--cluster.replication-factor=0 | --cluster.replication-factor must be a number from 1 to"
            + " 1000: cluster.replication-factor=0",
        "--cluster.listen-address=127.0.0.1:9094 --cluster.node-id=a/b | --cluster.node-id must be"
            + " up to 128 letters, digits, dots, dashes and underscores: cluster.node-id=a/b",
        "--cluster.listen-address=0.0.0.0:9094 --cluster.advertise-address=10.0.0.1:9094 |"
            + " --cluster.secret-file: a cluster beyond one machine needs a secret, give each node"
            + " the same --cluster.secret-file: address=0.0.0.0:9094",
      })
  void whatCannotBeIsToldInOneLine(String arguments, String reason) {
    List<String> given = List.of(arguments.split(" "));

    var refused = assertThrows(StartUpException.class, () -> Flags.parse(given, Map.of()));

    assertEquals(reason, refused.getMessage());
  }

  @Test
  void aClusterNeedsAWebPortThatItCanTell() {
    var refused =
        assertThrows(
            StartUpException.class,
            () -> Flags.parse(List.of(LISTEN, "--web.listen-address=127.0.0.1:0"), Map.of()));

    assertTrue(
        String.valueOf(refused.getMessage()).startsWith("--web.listen-address needs a port"));
  }

  private static MemberConfig cluster(String... arguments) {
    return config(arguments).cluster().orElseThrow();
  }

  private static GatewayConfig config(String... arguments) {
    var given = new ArrayList<String>(List.of("--web.listen-address=127.0.0.1:9091"));
    given.addAll(List.of(arguments));
    return assertInstanceOf(Flags.Request.Serve.class, Flags.parse(given, Map.of())).config();
  }
}
