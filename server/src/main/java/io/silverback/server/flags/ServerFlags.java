package io.silverback.server.flags;

import static io.silverback.server.flags.FlagTypes.address;
import static io.silverback.server.flags.FlagTypes.duration;
import static io.silverback.server.flags.FlagTypes.labelPair;
import static io.silverback.server.flags.FlagTypes.memory;
import static io.silverback.server.flags.FlagTypes.missedPushes;
import static io.silverback.server.flags.FlagTypes.oneOf;
import static io.silverback.server.flags.FlagTypes.path;
import static io.silverback.server.flags.FlagTypes.text;
import static io.silverback.server.flags.FlagTypes.unlessEmpty;
import static io.silverback.server.flags.FlagTypes.unsupported;
import static io.silverback.server.flags.FlagTypes.url;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The flags of the server that are neither limits of requests nor of the cluster. */
final class ServerFlags {
  static final FlagTable WEB = new FlagTable("Web");

  static final Flag<InetSocketAddress> LISTEN_ADDRESS =
      WEB.list("web.listen-address", address(), ":9091", "Address to listen on, repeatable.");

  static final Flag<Boolean> SYSTEMD_SOCKET =
      WEB.off(
          "web.systemd-socket",
          unsupported("--web.listen-address"),
          "Not supported: refused, use --web.listen-address.");

  static final Flag<Optional<Path>> WEB_CONFIG_FILE =
      WEB.single(
          "web.config.file", path("file"), "", "File with TLS, users, headers and rate limit.");

  static final Flag<Optional<Path>> PERMISSIONS_FILE =
      WEB.single(
          "web.permissions.file",
          path("file"),
          "",
          "File that says which client may do what, read again when it changes.");

  static final Flag<Boolean> OPEN_PROBES =
      WEB.off(
          "web.open-probes",
          "Answer /-/healthy and /-/ready without a password, for the probes of a supervisor.");

  static final Flag<String> TELEMETRY_PATH =
      WEB.single("web.telemetry-path", text(), "/metrics", "Path under which to expose metrics.");

  static final Flag<URI> EXTERNAL_URL =
      WEB.single(
          "web.external-url", url(), "", "URL under which this server is reached from outside.");

  static final Flag<String> ROUTE_PREFIX =
      WEB.single(
          "web.route-prefix",
          text(),
          "",
          "Prefix of all paths. Defaults to the path of --web.external-url.");

  static final Flag<Boolean> ENABLE_LIFECYCLE =
      WEB.off(
          "web.enable-lifecycle",
          "Let requests end the process, and have --config.file read again.");

  static final Flag<Boolean> ENABLE_ADMIN_API =
      WEB.off(
          "web.enable-admin-api",
          "Let requests delete many groups, restore and copy them, and command a cluster.");

  static final Flag<Optional<FlagTypes.LabelPair>> EXTERNAL_LABEL =
      WEB.list(
          "remote-read.external-label",
          unlessEmpty(labelPair()),
          "",
          "Label such as region=eu that remote read puts on all series and takes in its"
              + " conditions, repeatable.");

  static final FlagTable STORE = new FlagTable("Groups and history");

  static final Flag<Optional<Path>> PERSISTENCE_FILE =
      STORE.single(
          "persistence.file",
          path("folder"),
          "",
          "Folder to keep metrics in. Empty for in memory only.");

  static final Flag<Duration> PERSISTENCE_INTERVAL =
      STORE.single(
          "persistence.interval",
          duration(),
          "5m",
          "How often the folder is flushed to the disk, which only a power cut can show.");

  static final Flag<Boolean> START_EMPTY =
      STORE.off(
          "persistence.start-empty",
          "Start without metrics where the file of a Pushgateway at --persistence.file cannot be"
              + " read. It is kept aside.");

  static final Flag<Duration> HISTORY_RETENTION =
      STORE.single(
          "history.retention",
          duration(),
          "1h",
          "How long pushes can be looked up; 0s for not at all.");

  static final Flag<Duration> STALENESS_TTL =
      STORE.live(
          "staleness.ttl",
          duration(),
          "0s",
          "How long a group may go without a push if no rule of --config.file is for it; 0s for"
              + " ever.");

  static final Flag<Integer> STALENESS_MISSED_PUSHES =
      STORE.live(
          "staleness.missed-pushes",
          missedPushes(),
          "0",
          "How many pushes a group may miss that pushed regularly, if no rule of --config.file is"
              + " for it; 0 for any number.");

  static final Flag<Boolean> DISABLE_CONSISTENCY_CHECK =
      STORE.off("push.disable-consistency-check", "Take inconsistent pushes, too. DANGEROUS.");

  static final Flag<Boolean> ENABLE_UTF8_NAMES =
      STORE.off("push.enable-utf8-names", "Take any UTF-8 as name of a metric or label.");

  static final Flag<Long> MAX_MEMORY =
      STORE.single(
          "storage.max-memory",
          memory(),
          "60%",
          "Most memory that the process may take, history first gives way: a size such as 4GiB, or"
              + " a part of what the machine or container has; 0 for no limit.");

  static final FlagTable PROCESS = new FlagTable("Process");

  static final Flag<Optional<Path>> CONFIG_FILE =
      PROCESS.single(
          "config.file",
          path("file"),
          "",
          "File with staleness rules, rewrite rules and flags, read again on SIGHUP and"
              + " /-/reload.");

  static final Flag<Duration> SHUTDOWN_TIMEOUT =
      PROCESS.single(
          "shutdown.timeout",
          duration(),
          "10s",
          "How long running requests may go on after a SIGTERM.");

  static final Flag<String> LOG_LEVEL =
      PROCESS.single(
          "log.level",
          oneOf("debug", "info", "warn", "error"),
          "info",
          "Least level to log: debug, info, warn or error.");

  static final Flag<String> LOG_FORMAT =
      PROCESS.single(
          "log.format", oneOf("logfmt", "json"), "logfmt", "How to log: logfmt or json.");

  private ServerFlags() {}
}
