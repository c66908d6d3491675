package io.silverback.server.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.server.limits.RequestLimits;
import io.silverback.server.storage.StorageLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FlagsTest {
  @Test
  void defaultsAreUpstreams() {
    GatewayConfig config = serve().config();

    assertEquals(List.of(new InetSocketAddress(9091)), config.listenAddresses());
    assertEquals(Duration.ofSeconds(10), config.shutdownTimeout());
    assertEquals("/metrics", config.endpoints().telemetryPath());
    assertEquals("", config.endpoints().routePrefix());
    assertEquals(NameValidation.LEGACY, config.endpoints().names());
    assertTrue(config.endpoints().checked());
    assertEquals("5m0s", config.endpoints().flags().get("persistence.interval"));
    assertEquals("false", config.endpoints().flags().get("push.enable-utf8-names"));
    assertEquals(64 << 20, config.endpoints().limits().maxBodyBytes());
  }

  @Test
  void explicitFlagsReachTheConfig() {
    GatewayConfig config =
        serve(
                "--web.listen-address=127.0.0.1:1",
                "--web.listen-address",
                "[::1]:2",
                "--web.external-url=http://example.org/ext/",
                "--web.telemetry-path=tele",
                "--web.enable-lifecycle",
                "--web.enable-admin-api=true",
                "--push.disable-consistency-check",
                "--no-push.enable-utf8-names",
                "--limits.max-body-size=3KiB",
                "--limits.max-body-memory=3GiB",
                "--limits.max-concurrent-pushes=7",
                "--limits.max-scrape-memory=5MiB",
                "--limits.query-timeout=90s",
                "--limits.max-families-per-push=11",
                "--limits.push-timeout=12s",
                "--limits.max-selectors=13",
                "--limits.max-form-size=14KiB",
                "--limits.max-query-memory=5MiB",
                "--shutdown.timeout=1m30s")
            .config();

    assertEquals(
        List.of(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1),
            new InetSocketAddress(InetAddress.ofLiteral("::1"), 2)),
        config.listenAddresses());
    assertEquals("/ext", config.endpoints().routePrefix());
    assertEquals("/ext", config.endpoints().externalPrefix());
    assertEquals("/tele", config.endpoints().telemetryPath());
    assertTrue(config.endpoints().lifecycle());
    assertTrue(config.endpoints().adminApi());
    assertEquals(false, config.endpoints().checked());
    assertEquals(NameValidation.LEGACY, config.endpoints().names());
    assertEquals(3072, config.endpoints().limits().maxBodyBytes());
    assertEquals(3L << 30, config.endpoints().limits().maxBodyMemoryBytes());
    assertEquals(7, config.endpoints().limits().maxPushes());
    assertEquals(5 << 20, config.endpoints().limits().maxScrapeMemoryBytes());
    assertEquals(Duration.ofSeconds(90), config.endpoints().limits().queryTimeout());
    assertEquals(5L << 20, config.endpoints().limits().maxQueryMemoryBytes());
    assertEquals(11, config.endpoints().limits().maxFamilies());
    assertEquals(Duration.ofSeconds(12), config.endpoints().limits().pushTimeout());
    assertEquals(13, config.endpoints().limits().maxSelectors());
    assertEquals(14 << 10, config.endpoints().limits().maxFormBytes());
    assertEquals("1m30s", config.endpoints().flags().get("limits.query-timeout"));
    assertEquals(Duration.ofSeconds(90), config.shutdownTimeout());
  }

  @Test
  void limitsOfRequestsReachTheConfig() {
    assertEquals(
        new RequestLimits(
            1,
            2,
            23,
            24,
            3L,
            4,
            5,
            6,
            22L,
            23,
            Duration.ofSeconds(7),
            8,
            9,
            Duration.ofSeconds(10),
            11,
            Duration.ofSeconds(12),
            13,
            14,
            23,
            15L,
            Duration.ofSeconds(16),
            17,
            Duration.ofSeconds(18),
            19L,
            20,
            Duration.ofSeconds(21)),
        serve(
                "--limits.max-body-size=1",
                "--limits.max-inflated-size=2",
                "--limits.max-inflated-part=23",
                "--limits.max-parsed-ratio=24",
                "--limits.max-body-memory=3",
                "--limits.max-labels-per-series=4",
                "--limits.max-key-length=5",
                "--limits.max-families-per-push=6",
                "--limits.max-template-memory=22",
                "--limits.max-scrape-cache=23",
                "--limits.push-timeout=7s",
                "--limits.max-selectors=8",
                "--limits.max-form-size=9",
                "--limits.body-timeout=10s",
                "--limits.min-body-rate=11",
                "--limits.max-body-time=12s",
                "--limits.max-concurrent-pushes=13",
                "--limits.max-concurrent-scrapes=14",
                "--limits.max-concurrent-reads=23",
                "--limits.max-scrape-memory=15",
                "--limits.max-wait=16s",
                "--limits.max-history-samples=17",
                "--limits.query-timeout=18s",
                "--limits.max-query-memory=19",
                "--limits.max-connections=20",
                "--limits.idle-timeout=21s")
            .config()
            .endpoints()
            .limits());
  }

  @Test
  void limitsOfTheStoreReachTheConfig() {
    assertEquals(
        new StorageLimits(3L << 30, 1, 2_000_000_000_000L, 3, 4),
        serve(
                "--storage.max-memory=3GiB",
                "--limits.max-groups=1",
                "--limits.max-series=2000000000000",
                "--limits.max-series-per-group=3",
                "--limits.max-label-length=4")
            .config()
            .limits());
    assertEquals(StorageLimits.NONE, serve("--storage.max-memory=0").config().limits());
  }

  @Test
  void theMemoryForWipedGroupsReachesTheConfig() {
    assertEquals(5L << 20, serve("--limits.max-wiped-memory=5MiB").config().maxWipedBytes());
    assertEquals(0, serve("--limits.max-wiped-memory=0").config().maxWipedBytes());
    assertEquals(Runtime.getRuntime().maxMemory() / 16, serve().config().maxWipedBytes());
  }

  @Test
  void byDefaultMemoryIsLimitedToAPartOfTheMachines() {
    long most = serve().config().limits().memoryBytes();
    long quarter = serve("--storage.max-memory=25%").config().limits().memoryBytes();

    assertEquals((long) (MachineMemory.bytes() / 100.0 * 60), most);
    assertEquals((long) (MachineMemory.bytes() / 100.0 * 25), quarter);
    assertEquals(new StorageLimits(most, 0, 0, 0, 0), serve().config().limits());
    assertEquals(most / 8, serve().config().endpoints().limits().maxScrapeMemoryBytes());
    assertEquals(
        Runtime.getRuntime().maxMemory() / 8,
        serve("--storage.max-memory=0").config().endpoints().limits().maxScrapeMemoryBytes());
  }

  @Test
  void theRoutePrefixBeatsTheExternalUrl() {
    var endpoints =
        serve("--web.external-url=http://x/a", "--web.route-prefix=/").config().endpoints();

    assertEquals("", endpoints.routePrefix());
    assertEquals("/a", endpoints.externalPrefix());
  }

  @Test
  void theCommandLineBeatsTheEnvironment() {
    var environment =
        Map.of("SILVERBACK_LOG_LEVEL", "warn", "SILVERBACK_WEB_ENABLE_ADMIN_API", "true");
    var fromEnvironment = serve(List.of(), environment);
    var fromBoth = serve(List.of("--log.level=error"), environment);

    assertEquals("warn", fromEnvironment.logLevel());
    assertTrue(fromEnvironment.config().endpoints().adminApi());
    assertEquals("error", fromBoth.logLevel());
  }

  @Test
  void anArgumentFileHoldsOneArgumentALine(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("flags"), "# a remark\n--log.level=warn\n\n");

    assertEquals("warn", serve("@" + file).logLevel());
  }

  @Test
  void anArgumentFileThatCannotBeReadIsToldWithTheReason(@TempDir Path folder) throws IOException {
    Path latin = Files.write(folder.resolve("latin"), new byte[] {(byte) 0xe4, '\n'});

    assertEquals(
        "cannot read the argument file, no such file: file=" + folder.resolve("none"),
        refusal("@" + folder.resolve("none")));
    assertEquals(
        "cannot read the argument file, it is not UTF-8 text: file=" + latin, refusal("@" + latin));
    assertEquals("not the path of an argument file: argument=@\0", refusal("@\0"));
  }

  private static String refusal(String argument) {
    var refused =
        assertThrows(StartUpException.class, () -> Flags.parse(List.of(argument), Map.of()));
    return String.valueOf(refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--web.enable-lifecycle=maybe | Invalid value for option '--web.enable-lifecycle': 'maybe'"
            + " is not a boolean, try --help",
        "--bogus                    | unknown long flag '--bogus', try --help",
        "--bogus=1                  | unknown long flag '--bogus', try --help",
        "-x                         | unknown short flag '-x', try --help",
        "stray                      | unexpected stray, try --help",
        "--log.level=loud           | --log.level must be one of debug, info, warn, error:"
            + " log.level=loud",
        "--persistence.interval=5   | --persistence.interval must be a duration such as 90s or"
            + " 1h30m: persistence.interval=5",
        "--web.listen-address=9091  | --web.listen-address must be a host and a port such as :9091"
            + " or 127.0.0.1:9091: web.listen-address=9091",
        "--limits.max-body-size=0   | --limits.max-body-size must be a size from 1 to 2047MiB such"
            + " as 64MiB: limits.max-body-size=0",
        "--limits.max-body-memory=0 | --limits.max-body-memory must be a size of at least 1 such as"
            + " 64MiB or 2GiB: limits.max-body-memory=0",
        "--limits.body-timeout=0s   | --limits.body-timeout must be a duration above 0s such as"
            + " 30s: limits.body-timeout=0s",
        "--limits.max-connections=0 | --limits.max-connections must be a number from 1 to 1000000:"
            + " limits.max-connections=0",
        "--storage.max-memory=10MiB | --storage.max-memory must be at least 128MiB, which an idle"
            + " server takes, or 0 for no limit: storage.max-memory=10MiB",
        "--storage.max-memory=101%  | --storage.max-memory must be a size such as 4GiB, a part such"
            + " as 60%, or 0: storage.max-memory=101%",
        "--storage.max-memory=99999999999GiB | --storage.max-memory must be a size such as 4GiB, a"
            + " part such as 60%, or 0: storage.max-memory=99999999999GiB",
        "--limits.max-groups=-1     | --limits.max-groups must be a whole number, 0 for no limit:"
            + " limits.max-groups=-1",
        "--limits.max-body-size=2GiB | --limits.max-body-size must be a size from 1 to 2047MiB such"
            + " as 64MiB: limits.max-body-size=2GiB",
        "--web.systemd-socket       | --web.systemd-socket is not supported: use"
            + " --web.listen-address instead",
      })
  void aBrokenFlagIsToldInOneLine(String argument, String reason) {
    var refused =
        assertThrows(StartUpException.class, () -> Flags.parse(List.of(argument), Map.of()));

    assertEquals(reason, refused.getMessage());
  }

  @Test
  void whatIsAskedForInVainIsWarnedOf() {
    var environment =
        Map.of("SILVERBACK_SERVICE_HOST", "x", "SILVERBACK_LOG_LEVEL", "warn", "HOME", "y");

    var warned = serve(List.of(), environment).warnings();

    assertEquals(
        List.of(List.of("name", "SILVERBACK_SERVICE_HOST")),
        warned.stream().map(Flags.Warning::keysAndValues).toList());
    assertEquals(List.of(), serve().warnings());
  }

  @Test
  void theStatusShowsUpstreamsFlagsAndOurs() {
    var upstreams =
        Set.of(
            "web.listen-address",
            "web.systemd-socket",
            "web.config.file",
            "web.telemetry-path",
            "web.external-url",
            "web.route-prefix",
            "web.enable-lifecycle",
            "web.enable-admin-api",
            "persistence.file",
            "persistence.interval",
            "push.disable-consistency-check",
            "push.enable-utf8-names",
            "log.level",
            "log.format");
    var shown =
        new TreeMap<>(
            serve("--web.listen-address=127.0.0.1:1", "--web.listen-address=127.0.0.1:2")
                .config()
                .endpoints()
                .flags());

    assertEquals("127.0.0.1:1,127.0.0.1:2", shown.get("web.listen-address"));
    assertTrue(shown.keySet().containsAll(upstreams), shown::toString);
    shown.keySet().removeAll(upstreams);
    assertEquals(
        Set.of(
            "cluster.advertise-address",
            "cluster.advertise-web-address",
            "cluster.bootstrap-expect",
            "cluster.drain-timeout",
            "cluster.join",
            "cluster.lease",
            "cluster.listen-address",
            "cluster.max-clock-skew",
            "cluster.max-message-size",
            "cluster.max-peer-connections",
            "cluster.node-id",
            "cluster.on-minority",
            "cluster.peer-queue-size",
            "cluster.push-budget",
            "cluster.refused-means-dead",
            "cluster.renewal",
            "cluster.replica-timeout",
            "cluster.replication-factor",
            "cluster.secret-file",
            "cluster.stability",
            "cluster.tombstone-age",
            "cluster.voter-only",
            "cluster.zone",
            "web.open-probes",
            "persistence.start-empty",
            "history.retention",
            "limits.body-timeout",
            "limits.max-body-time",
            "limits.min-body-rate",
            "limits.max-key-length",
            "limits.max-families-per-push",
            "limits.push-timeout",
            "limits.max-selectors",
            "limits.max-form-size",
            "limits.max-labels-per-series",
            "limits.idle-timeout",
            "limits.max-body-memory",
            "limits.max-body-size",
            "limits.max-concurrent-pushes",
            "limits.max-concurrent-reads",
            "limits.max-concurrent-scrapes",
            "limits.max-connections",
            "limits.max-groups",
            "limits.max-history-samples",
            "limits.max-inflated-part",
            "limits.max-inflated-size",
            "limits.max-parsed-ratio",
            "limits.max-scrape-memory",
            "limits.max-scrape-cache",
            "limits.max-template-memory",
            "limits.max-wiped-memory",
            "limits.max-label-length",
            "limits.max-query-memory",
            "limits.max-series",
            "limits.max-series-per-group",
            "limits.max-wait",
            "limits.min-free-disk",
            "limits.query-timeout",
            "web.permissions.file",
            "remote-read.external-label",
            "shutdown.timeout",
            "config.file",
            "staleness.missed-pushes",
            "staleness.ttl",
            "storage.max-memory"),
        shown.keySet());
  }

  @Test
  void helpNamesEveryFlagAndItsDefault() {
    var help = assertInstanceOf(Flags.Request.Help.class, Flags.parse(List.of("--help"), Map.of()));

    for (String name : serve().config().endpoints().flags().keySet()) {
      assertTrue(help.text().contains(name), help.text());
    }
    assertTrue(help.text().contains("(default: :9091)"), help.text());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "999, 999B",
    "1024, 1024B",
    "1048576, 1MiB",
    "1048577, 1024KiB",
    "3221225472, 3GiB",
    "3221225473, 3072MiB",
    "21474836481, 20GiB",
  })
  void sizesAreShownInAUnitThatFits(long bytes, String shown) {
    assertEquals(shown, ByteSize.format(bytes));
  }

  private static Flags.Request.Serve serve(String... arguments) {
    return serve(List.of(arguments), Map.of());
  }

  private static Flags.Request.Serve serve(
      List<String> arguments, Map<String, String> environment) {
    return assertInstanceOf(Flags.Request.Serve.class, Flags.parse(arguments, environment));
  }
}
