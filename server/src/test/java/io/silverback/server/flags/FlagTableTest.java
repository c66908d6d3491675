package io.silverback.server.flags;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.server.config.Configuration;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A flag that is missing in one of the two lists here fails the build. */
final class FlagTableTest {
  private static final Map<String, Object> DEFAULTS =
      Map.ofEntries(
          entry("web.listen-address", new InetSocketAddress(9091)),
          entry("web.systemd-socket", false),
          entry("web.config.file", Optional.empty()),
          entry("web.permissions.file", Optional.empty()),
          entry("web.telemetry-path", "/metrics"),
          entry("web.external-url", URI.create("")),
          entry("web.route-prefix", ""),
          entry("web.open-probes", false),
          entry("web.enable-lifecycle", false),
          entry("web.enable-admin-api", false),
          entry("persistence.file", Optional.empty()),
          entry("persistence.interval", Duration.ofMinutes(5)),
          entry("persistence.start-empty", false),
          entry("history.retention", Duration.ofHours(1)),
          entry("staleness.ttl", Duration.ZERO),
          entry("staleness.missed-pushes", 0),
          entry("push.disable-consistency-check", false),
          entry("push.enable-utf8-names", false),
          entry("storage.max-memory", (long) (MachineMemory.bytes() / 100.0 * 60)),
          entry("remote-read.external-label", Optional.empty()),
          entry("limits.max-groups", 0L),
          entry("limits.max-series", 0L),
          entry("limits.max-series-per-group", 0L),
          entry("limits.max-label-length", 0L),
          entry("limits.min-free-disk", 128L << 20),
          entry("limits.max-body-size", 64 << 20),
          entry("limits.max-inflated-size", 256 << 20),
          entry("limits.max-inflated-part", 16 << 20),
          entry("limits.max-parsed-ratio", 1_000),
          entry("limits.max-body-memory", Optional.empty()),
          entry("limits.max-labels-per-series", 512),
          entry("limits.max-key-length", 64 << 10),
          entry("limits.max-families-per-push", 20_000),
          entry("limits.max-template-memory", Optional.empty()),
          entry("limits.max-scrape-cache", Optional.empty()),
          entry("limits.max-wiped-memory", Optional.empty()),
          entry("limits.push-timeout", Duration.ofSeconds(30)),
          entry("limits.max-selectors", 256),
          entry("limits.max-form-size", 1 << 20),
          entry("limits.body-timeout", Duration.ofMinutes(1)),
          entry("limits.min-body-rate", 100L),
          entry("limits.max-body-time", Duration.ofHours(1)),
          entry("limits.max-concurrent-pushes", 64),
          entry("limits.max-concurrent-scrapes", 8),
          entry("limits.max-concurrent-reads", 10),
          entry("limits.max-scrape-memory", Optional.empty()),
          entry("limits.max-wait", Duration.ofSeconds(5)),
          entry("limits.max-history-samples", 50_000_000),
          entry("limits.query-timeout", Duration.ofMinutes(2)),
          entry("limits.max-query-memory", Optional.empty()),
          entry("limits.max-connections", Optional.empty()),
          entry("limits.idle-timeout", Duration.ofMinutes(5)),
          entry("config.file", Optional.empty()),
          entry("shutdown.timeout", Duration.ofSeconds(10)),
          entry("log.level", "info"),
          entry("log.format", "logfmt"),
          entry("cluster.listen-address", Optional.empty()),
          entry("cluster.advertise-address", Optional.empty()),
          entry("cluster.advertise-web-address", Optional.empty()),
          entry("cluster.join", Optional.empty()),
          entry("cluster.bootstrap-expect", Optional.empty()),
          entry("cluster.node-id", Optional.empty()),
          entry("cluster.zone", Optional.empty()),
          entry("cluster.replication-factor", 2),
          entry("cluster.secret-file", Optional.empty()),
          entry("cluster.voter-only", false),
          entry("cluster.on-minority", Optional.empty()),
          entry("cluster.refused-means-dead", true),
          entry("cluster.lease", Duration.ofSeconds(2)),
          entry("cluster.renewal", Duration.ofMillis(400)),
          entry("cluster.replica-timeout", Duration.ofMillis(500)),
          entry("cluster.push-budget", Duration.ofSeconds(8)),
          entry("cluster.stability", Duration.ofSeconds(30)),
          entry("cluster.drain-timeout", Duration.ofSeconds(10)),
          entry("cluster.tombstone-age", Duration.ofHours(1)),
          entry("cluster.max-clock-skew", Duration.ofSeconds(1)),
          entry("cluster.peer-queue-size", 32 << 20),
          entry("cluster.max-message-size", 64 << 20),
          entry("cluster.max-peer-connections", 1024));

  /** What is written on the command line, and the value that it means. */
  private record Explicit(String text, Object value) {}

  private static final Map<String, Explicit> EXPLICIT =
      Map.ofEntries(
          is(
              "web.listen-address",
              "127.0.0.1:1",
              new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1)),
          is("web.systemd-socket", "false", false),
          is("web.config.file", "web.yml", Optional.of(Path.of("web.yml"))),
          is("web.permissions.file", "p.yml", Optional.of(Path.of("p.yml"))),
          is("web.telemetry-path", "/t", "/t"),
          is("web.external-url", "http://x/y", URI.create("http://x/y")),
          is("web.route-prefix", "/p", "/p"),
          is("web.open-probes", "true", true),
          is("web.enable-lifecycle", "true", true),
          is("web.enable-admin-api", "true", true),
          is("persistence.file", "store", Optional.of(Path.of("store"))),
          is("persistence.interval", "1s", Duration.ofSeconds(1)),
          is("persistence.start-empty", "true", true),
          is("history.retention", "2s", Duration.ofSeconds(2)),
          is("staleness.ttl", "3s", Duration.ofSeconds(3)),
          is("staleness.missed-pushes", "4", 4),
          is("push.disable-consistency-check", "true", true),
          is("push.enable-utf8-names", "true", true),
          is("storage.max-memory", "5GiB", 5L << 30),
          is(
              "remote-read.external-label",
              "region=eu",
              Optional.of(new FlagTypes.LabelPair("region", "eu"))),
          is("limits.max-groups", "6", 6L),
          is("limits.max-series", "7", 7L),
          is("limits.max-series-per-group", "8", 8L),
          is("limits.max-label-length", "9", 9L),
          is("limits.min-free-disk", "10GiB", 10L << 30),
          is("limits.max-body-size", "11KiB", 11 << 10),
          is("limits.max-inflated-size", "12KiB", 12 << 10),
          is("limits.max-inflated-part", "13KiB", 13 << 10),
          is("limits.max-parsed-ratio", "12", 12),
          is("limits.max-body-memory", "13GiB", Optional.of(13L << 30)),
          is("limits.max-labels-per-series", "14", 14),
          is("limits.max-key-length", "15", 15),
          is("limits.max-families-per-push", "16", 16),
          is("limits.max-template-memory", "0", Optional.of(0L)),
          is("limits.max-scrape-cache", "0", Optional.of(0L)),
          is("limits.max-wiped-memory", "0", Optional.of(0L)),
          is("limits.push-timeout", "17s", Duration.ofSeconds(17)),
          is("limits.max-selectors", "18", 18),
          is("limits.max-form-size", "19", 19),
          is("limits.body-timeout", "20s", Duration.ofSeconds(20)),
          is("limits.min-body-rate", "21GiB", 21L << 30),
          is("limits.max-body-time", "22s", Duration.ofSeconds(22)),
          is("limits.max-concurrent-pushes", "23", 23),
          is("limits.max-concurrent-scrapes", "24", 24),
          is("limits.max-concurrent-reads", "31", 31),
          is("limits.max-scrape-memory", "25GiB", Optional.of(25L << 30)),
          is("limits.max-wait", "0s", Duration.ZERO),
          is("limits.max-history-samples", "26", 26),
          is("limits.query-timeout", "27s", Duration.ofSeconds(27)),
          is("limits.max-query-memory", "28GiB", Optional.of(28L << 30)),
          is("limits.max-connections", "29", Optional.of(29)),
          is("limits.idle-timeout", "30s", Duration.ofSeconds(30)),
          is("config.file", "c.yml", Optional.of(Path.of("c.yml"))),
          is("shutdown.timeout", "0s", Duration.ZERO),
          is("log.level", "debug", "debug"),
          is("log.format", "json", "json"),
          is("cluster.listen-address", ":1", Optional.of(":1")),
          is("cluster.advertise-address", "a:2", Optional.of("a:2")),
          is("cluster.advertise-web-address", "b:3", Optional.of("b:3")),
          is("cluster.join", "dns+c:4", Optional.of("dns+c:4")),
          is("cluster.bootstrap-expect", "5", Optional.of(5)),
          is("cluster.node-id", "d", Optional.of("d")),
          is("cluster.zone", "e", Optional.of("e")),
          is("cluster.replication-factor", "6", 6),
          is("cluster.secret-file", "s", Optional.of(Path.of("s"))),
          is("cluster.voter-only", "true", true),
          is("cluster.on-minority", "fresh", Optional.of("fresh")),
          is("cluster.refused-means-dead", "false", false),
          is("cluster.lease", "7s", Duration.ofSeconds(7)),
          is("cluster.renewal", "8s", Duration.ofSeconds(8)),
          is("cluster.replica-timeout", "9s", Duration.ofSeconds(9)),
          is("cluster.push-budget", "10s", Duration.ofSeconds(10)),
          is("cluster.stability", "11s", Duration.ofSeconds(11)),
          is("cluster.drain-timeout", "12s", Duration.ofSeconds(12)),
          is("cluster.tombstone-age", "12s", Duration.ofSeconds(12)),
          is("cluster.max-clock-skew", "13s", Duration.ofSeconds(13)),
          is("cluster.peer-queue-size", "14", 14),
          is("cluster.max-message-size", "1GiB", 1 << 30),
          is("cluster.max-peer-connections", "15", 15));

  private static Map.Entry<String, Explicit> is(String name, String text, Object value) {
    return entry(name, new Explicit(text, value));
  }

  @Test
  void everyFlagHasItsDefault() {
    assertEquals(new TreeMap<>(DEFAULTS), valuesOf(List.of(), Map.of()));
  }

  @Test
  void everyFlagTakesAValueOfTheCommandLine() {
    var arguments = new ArrayList<String>();
    EXPLICIT.forEach((name, explicit) -> arguments.add("--" + name + "=" + explicit.text()));

    assertEquals(expected(), valuesOf(arguments, Map.of()));
  }

  @Test
  void everyFlagTakesAValueOfTheEnvironment() {
    var environment = new TreeMap<String, String>();
    EXPLICIT.forEach(
        (name, explicit) ->
            environment.put(
                "SILVERBACK_" + name.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT),
                explicit.text()));

    assertEquals(expected(), valuesOf(List.of(), environment));
  }

  @Test
  void noNameIsTakenTwice() {
    List<String> names = Flags.TABLE.stream().map(Flag::name).toList();

    assertEquals(new HashSet<>(names).size(), names.size());
  }

  private static Map<String, Object> expected() {
    var expected = new TreeMap<String, Object>();
    EXPLICIT.forEach((name, explicit) -> expected.put(name, explicit.value()));
    return expected;
  }

  private static Map<String, Object> valuesOf(
      List<String> arguments, Map<String, String> environment) {
    FlagValues flags =
        new FlagSources(CommandLineReader.read(arguments).values(), environment)
            .with(Configuration.EMPTY);
    var values = new TreeMap<String, Object>();
    for (Flag<?> flag : Flags.TABLE) {
      values.put(flag.name(), flags.get(flag));
    }
    return values;
  }
}
