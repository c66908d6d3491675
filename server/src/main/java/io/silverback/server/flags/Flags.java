package io.silverback.server.flags;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.server.config.Configuration;
import io.silverback.server.config.ConfigurationReader;
import io.silverback.server.config.MalformedConfigurationException;
import io.silverback.server.group.SeriesSelector;
import io.silverback.server.group.StalenessRule;
import io.silverback.server.group.StalenessRules;
import io.silverback.server.handler.DoorSettings;
import io.silverback.server.storage.PersistenceSettings;
import io.silverback.server.yaml.ConfigException;
import io.silverback.server.yaml.GoDuration;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/**
 * The command line: the table of flags, and how they become a {@link GatewayConfig}.
 *
 * <p>The command line beats the environment ({@code SILVERBACK_WEB_LISTEN_ADDRESS} for {@code
 * --web.listen-address}), which beats the configuration file, which beats the default. An argument
 * {@code @FILE} stands for the lines of that file.
 */
public final class Flags {
  /** One flag: a row of the help and of the status page. */
  record Flag(String name, Kind kind, String standard, String help) {
    String variable() {
      return VARIABLE_PREFIX + name.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
  }

  enum Kind {
    TEXT,
    SWITCH,
    LIST
  }

  private static final String CONFIG_FILE = "config.file";
  private static final String STALENESS_TTL = "staleness.ttl";
  private static final String STALENESS_MISSED_PUSHES = "staleness.missed-pushes";

  /** Those that follow the configuration file while the server runs. */
  private static final Set<String> FOLLOWED = Set.of(STALENESS_TTL, STALENESS_MISSED_PUSHES);

  private static final List<Flag> SERVER =
      List.of(
          list("web.listen-address", ":9091", "Address to listen on, repeatable."),
          off("web.systemd-socket", "Not supported: refused, use --web.listen-address."),
          text("web.config.file", "", "File with TLS, users, headers and rate limit."),
          text("web.telemetry-path", "/metrics", "Path under which to expose metrics."),
          text("web.external-url", "", "URL under which this server is reached from outside."),
          text(
              "web.route-prefix",
              "",
              "Prefix of all paths. Defaults to the path of --web.external-url."),
          off(
              "web.enable-lifecycle",
              "Let requests end the process, and have --config.file read again."),
          off("web.enable-admin-api", "Let requests delete many groups, restore and copy them."),
          text("persistence.file", "", "Folder to keep metrics in. Empty for in memory only."),
          text(
              "persistence.interval",
              "5m",
              "How often the folder is flushed to the disk, which only a power cut can show."),
          text("history.retention", "1h", "How long pushes can be looked up; 0s for not at all."),
          text(
              CONFIG_FILE,
              "",
              "File with staleness rules, rewrite rules and flags, read again on SIGHUP and /-/reload."),
          text(
              STALENESS_TTL,
              "0s",
              "How long a group may go without a push if no rule of --config.file is for it; 0s for"
                  + " ever."),
          text(
              STALENESS_MISSED_PUSHES,
              "0",
              "How many pushes a group may miss that pushed regularly, if no rule of --config.file"
                  + " is for it; 0 for any number."),
          off("push.disable-consistency-check", "Take inconsistent pushes, too. DANGEROUS."),
          off("push.enable-utf8-names", "Take any UTF-8 as name of a metric or label."),
          text(
              "storage.max-memory",
              "60%",
              "Most memory that the process may take, history first gives way: a size such as 4GiB,"
                  + " or a part of what the machine or container has; 0 for no limit."),
          text("limits.max-groups", "0", "Most groups at a time; 0 for any number."),
          text(
              "limits.max-series",
              "0",
              "Most series of all groups, buckets and quantiles each one; 0 for any number."),
          text("limits.max-series-per-group", "0", "Most series of a group; 0 for any number."),
          text(
              "limits.max-label-length",
              "0",
              "Most bytes of UTF-8 of a metric's name and of a label's name or value, grouping key"
                  + " included; 0 for any number."),
          text(
              "limits.min-free-disk",
              "128MiB",
              "Room on the disk of --persistence.file to leave free."),
          text("limits.max-body-size", "64MiB", "Most bytes that the body of a push may have."),
          text("limits.max-inflated-size", "256MiB", "Most bytes that a body may inflate to."),
          text(
              "limits.max-body-memory",
              "",
              "Most heap for all bodies at once and what is parsed of them. Defaults to half of"
                  + " the largest heap."),
          text(
              "limits.max-labels-per-series",
              "512",
              "Most labels of a pushed series, those of its grouping key included."),
          text(
              "limits.max-key-length",
              "64KiB",
              "Most characters of all label names and values of a grouping key."),
          text("limits.max-families-per-push", "20000", "Most names of metrics in a push."),
          text(
              "limits.push-timeout",
              "30s",
              "How long the server may parse and check a push that has arrived."),
          text(
              "limits.max-selectors",
              "256",
              "Most selectors, such as values of match[], in a request."),
          text("limits.max-form-size", "1MiB", "Most bytes of a form that a request sends."),
          text(
              "limits.body-timeout",
              "1m",
              "How long a head may take to arrive, and how long nothing of a body may come."),
          text(
              "limits.min-body-rate",
              "100B",
              "Least bytes a second of a body, from twice --limits.body-timeout on."),
          text("limits.max-body-time", "1h", "How long a body may take to arrive."),
          text("limits.max-concurrent-pushes", "64", "Most pushes handled at once."),
          text(
              "limits.max-concurrent-scrapes",
              "8",
              "Most scrapes, lists of all groups and history queries answered at once."),
          text(
              "limits.max-scrape-memory",
              "",
              "Most memory for all scrapes and lists of all groups at once. Defaults to an eighth"
                  + " of --storage.max-memory, or of the largest heap without one."),
          text("limits.max-wait", "5s", "How long a request waits for its turn or for memory."),
          text("limits.max-history-samples", "50000000", "Most samples of a history query."),
          text("limits.query-timeout", "2m", "How long a client may take for an answer."),
          text(
              "limits.max-query-memory",
              "",
              "Most memory outside of the heap for all history queries at once, such as 64MiB."
                  + " Defaults to an eighth of the largest heap."),
          text(
              "limits.max-connections",
              "",
              "Most connections of each listen address; more wait. Defaults to one for 256KiB of"
                  + " the largest heap, up to 4096; fewer where file descriptors are short."),
          text("limits.idle-timeout", "5m", "How long a connection may go without a request."),
          text("shutdown.timeout", "10s", "How long running requests may go on after a SIGTERM."),
          text("log.level", "info", "Least level to log: debug, info, warn or error."),
          text("log.format", "logfmt", "How to log: logfmt or json."));

  private static final List<Flag> TABLE =
      Stream.concat(SERVER.stream(), ClusterFlags.TABLE.stream()).toList();

  private static final List<String> DURATIONS =
      List.of(
          "persistence.interval",
          "history.retention",
          STALENESS_TTL,
          "limits.push-timeout",
          "limits.body-timeout",
          "limits.max-body-time",
          "limits.max-wait",
          "limits.query-timeout",
          "limits.idle-timeout",
          "shutdown.timeout");

  private static final String VARIABLE_PREFIX = "SILVERBACK_";
  private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

  private final Map<String, List<String>> values = new LinkedHashMap<>();

  private final Configuration configuration;

  private Flags(Configuration configuration) {
    this.configuration = configuration;
  }

  /** What was asked for and will not happen, for the log. */
  public record Warning(String sentence, String name) {}

  /** What the command line asks for. */
  public sealed interface Request {
    record Serve(GatewayConfig config, String logLevel, String logFormat, List<Warning> warnings)
        implements Request {}

    record Help(String text) implements Request {}

    record ShowVersion() implements Request {}
  }

  /**
   * Reads the command line.
   *
   * @throws StartUpException with one line that says what to change
   */
  public static Request parse(List<String> arguments, Map<String, String> environment) {
    var command = new CommandLine(specification()).setExpandAtFiles(false);
    command.setNegatableOptionTransformer(new NoPrefix());
    ParseResult parsed;
    try {
      parsed = command.parseArgs(ArgumentFiles.expand(arguments).toArray(String[]::new));
    } catch (CommandLine.UnmatchedArgumentException e) {
      String argument = e.getUnmatched().getFirst();
      throw new StartUpException(
          argument.startsWith("--")
              ? "unknown long flag '" + argument.split("=", 2)[0] + "', try --help"
              : argument.startsWith("-")
                  ? "unknown short flag '" + argument + "', try --help"
                  : "unexpected " + argument + ", try --help");
    } catch (CommandLine.ParameterException e) {
      throw new StartUpException(firstLine(e) + ", try --help");
    }
    if (parsed.hasMatchedOption("--help")) {
      return new Request.Help(command.getUsageMessage(CommandLine.Help.Ansi.OFF));
    }
    if (parsed.hasMatchedOption("--version")) {
      return new Request.ShowVersion();
    }
    String file = value(CONFIG_FILE, parsed, environment);
    Supplier<Flags> reading =
        () -> {
          var flags = new Flags(file.isEmpty() ? Configuration.EMPTY : readConfiguration(file));
          TABLE.forEach(flag -> flags.take(flag, parsed, environment));
          return flags;
        };
    Flags flags = reading.get();
    var live = new LiveConfig(flags.liveSettings(), file, () -> reading.get().liveSettings());
    return new Request.Serve(
        flags.config(live, flags.cluster()),
        flags.logLevel(),
        flags.logFormat(),
        flags.warnings(environment));
  }

  private List<Warning> warnings(Map<String, String> environment) {
    var warnings = new ArrayList<Warning>();
    Set<String> known = TABLE.stream().map(Flag::variable).collect(Collectors.toSet());
    environment.keySet().stream()
        .filter(name -> name.startsWith(VARIABLE_PREFIX) && !known.contains(name))
        .sorted()
        .map(name -> new Warning("environment variable stands for no flag, ignored", name))
        .forEach(warnings::add);
    return List.copyOf(warnings);
  }

  private static Configuration readConfiguration(String file) {
    try {
      Path path = Path.of(file);
      Configuration configuration = ConfigurationReader.read(path);
      List<String> problems = problems(path, configuration);
      if (!problems.isEmpty()) {
        throw new MalformedConfigurationException(problems);
      }
      return configuration;
    } catch (MalformedConfigurationException e) {
      throw new StartUpException("--" + CONFIG_FILE + ": " + e.getMessage());
    } catch (InvalidPathException e) {
      throw bad(CONFIG_FILE, file, "the path of a file");
    }
  }

  /** What is wrong with the flags of a configuration file, a line each. */
  static List<String> problems(Path file, Configuration configuration) {
    var problems = new ArrayList<String>();
    configuration
        .flags()
        .forEach(
            (name, value) ->
                problem(name, value)
                    .ifPresent(
                        reason ->
                            problems.add(
                                ConfigException.inLine(file, value.line(), "flags." + name, reason)
                                    .getMessage())));
    return List.copyOf(problems);
  }

  private static Optional<String> problem(String name, Configuration.FlagValue value) {
    if (name.equals(CONFIG_FILE)) {
      return Optional.of("a file cannot name another one");
    }
    Optional<Flag> known = TABLE.stream().filter(flag -> flag.name.equals(name)).findAny();
    if (known.isEmpty()) {
      return Optional.of("unknown flag, try --help");
    }
    if (value.texts().size() > 1 && known.get().kind != Kind.LIST) {
      return Optional.of("expected a single value");
    }
    var alone = new Flags(Configuration.EMPTY);
    TABLE.forEach(flag -> alone.values.put(flag.name, List.of(flag.standard)));
    alone.values.put(name, value.texts());
    try {
      alone.requireValid();
      return Optional.empty();
    } catch (StartUpException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private void requireValid() {
    config(new LiveConfig(liveSettings(), "", this::liveSettings), Optional.empty());
    ClusterFlags.checkEach(this);
    logLevel();
    logFormat();
  }

  private String logLevel() {
    return oneOf("log.level", "debug", "info", "warn", "error");
  }

  private String logFormat() {
    return oneOf("log.format", "logfmt", "json");
  }

  /** What may change while the server runs, and what that is compared with. */
  private LiveConfig.Settings liveSettings() {
    var rules = new ArrayList<StalenessRule>(configuration.staleness());
    Duration ttl = duration(STALENESS_TTL);
    int missedPushes = missedPushes();
    if (!ttl.isZero() || missedPushes > 0) {
      rules.add(
          new StalenessRule(
              new SeriesSelector(List.of()), ttl, missedPushes, false, StalenessRule.USUAL_PURGE));
    }
    var fixed = new LinkedHashMap<>(values);
    fixed.keySet().removeAll(FOLLOWED);
    return new LiveConfig.Settings(new StalenessRules(rules), configuration.rewrite(), fixed);
  }

  private int missedPushes() {
    String given = text(STALENESS_MISSED_PUSHES);
    if (given.equals("0")) {
      return 0;
    }
    int missed = number(STALENESS_MISSED_PUSHES, Integer.MAX_VALUE);
    if (missed == 1) {
      throw bad(STALENESS_MISSED_PUSHES, given, "2 or more, 0 for any number");
    }
    return missed;
  }

  private Optional<ClusterSettings> cluster() {
    return ClusterFlags.read(
        this, listenAddresses(), persistence().map(PersistenceSettings::folder));
  }

  private GatewayConfig config(LiveConfig live, Optional<ClusterSettings> cluster) {
    if (isOn("web.systemd-socket")) {
      throw new StartUpException(
          "--web.systemd-socket is not supported: use --web.listen-address instead");
    }
    String externalPrefix = prefix("", externalPath());
    String routePrefix = prefix(text("web.route-prefix"), externalPath());
    var names = isOn("push.enable-utf8-names") ? NameValidation.UTF8 : NameValidation.LEGACY;
    String telemetryPath = text("web.telemetry-path");
    var shown = new LinkedHashMap<String, String>();
    values.forEach((name, given) -> shown.put(name, String.join(",", given)));
    for (String name :
        (Iterable<String>)
            Stream.concat(DURATIONS.stream(), ClusterFlags.DURATIONS.stream())::iterator) {
      shown.put(name, GoDuration.format(duration(name)));
    }
    var doors =
        new DoorSettings(
            text("web.external-url"),
            routePrefix,
            externalPrefix,
            telemetryPath.startsWith("/") ? telemetryPath : "/" + telemetryPath,
            isOn("web.enable-lifecycle"),
            isOn("web.enable-admin-api"),
            !isOn("push.disable-consistency-check"),
            names,
            LimitFlags.doors(this),
            shown);
    return new GatewayConfig(
        listenAddresses(),
        doors,
        text("web.config.file"),
        duration("shutdown.timeout"),
        duration("history.retention"),
        persistence(),
        LimitFlags.store(this),
        live,
        text("cluster.advertise-web-address"),
        cluster);
  }

  private Optional<PersistenceSettings> persistence() {
    String folder = text("persistence.file");
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new PersistenceSettings(
              Path.of(folder),
              duration("persistence.interval"),
              manyBytes("limits.min-free-disk")));
    } catch (InvalidPathException e) {
      throw bad("persistence.file", folder, "the path of a folder");
    }
  }

  private List<InetSocketAddress> listenAddresses() {
    return all("web.listen-address").stream()
        .map(given -> address("web.listen-address", given))
        .toList();
  }

  static InetSocketAddress address(String name, String given) {
    int colon = given.lastIndexOf(':');
    String host = given.substring(0, Math.max(colon, 0)).replace("[", "").replace("]", "");
    int port;
    try {
      port = colon < 0 ? -1 : Integer.parseInt(given.substring(colon + 1));
    } catch (NumberFormatException e) {
      port = -1;
    }
    if (port < 0 || port > 65535) {
      throw bad(name, given, "a host and a port such as :9091 or 127.0.0.1:9091");
    }
    var address = host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw bad(name, given, "a host that this machine can resolve");
    }
    return address;
  }

  private String externalPath() {
    try {
      String path = URI.create(text("web.external-url")).getPath();
      return path == null ? "" : path;
    } catch (IllegalArgumentException e) {
      throw bad("web.external-url", text("web.external-url"), "a URL");
    }
  }

  private static String prefix(String given, String standard) {
    String prefix = given.isEmpty() ? standard : given;
    if (prefix.isEmpty() || prefix.equals("/")) {
      return "";
    }
    String absolute = prefix.startsWith("/") ? prefix : "/" + prefix;
    return absolute.endsWith("/") ? absolute.substring(0, absolute.length() - 1) : absolute;
  }

  String text(String name) {
    return values.getOrDefault(name, List.of("")).getLast();
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  List<String> many(String name) {
    return values.getOrDefault(name, List.of());
  }

  boolean isOn(String name) {
    return oneOf(name, "true", "false").equals("true");
  }

  private String oneOf(String name, String... choices) {
    if (!List.of(choices).contains(text(name))) {
      throw bad(name, text(name), "one of " + String.join(", ", choices));
    }
    return text(name);
  }

  Duration duration(String name) {
    return GoDuration.parse(text(name))
        .filter(duration -> !duration.isNegative())
        .orElseThrow(() -> bad(name, text(name), "a duration such as 90s or 1h30m"));
  }

  Duration positiveDuration(String name) {
    Duration duration = duration(name);
    if (duration.isZero()) {
      throw bad(name, text(name), "a duration above 0s such as 30s");
    }
    return duration;
  }

  /** At most as many as an array can hold. */
  int bytes(String name) {
    try {
      long bytes = ByteSize.parse(text(name));
      if (bytes > 0 && bytes <= MAX_ARRAY_BYTES) {
        return (int) bytes;
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw bad(name, text(name), "a size from 1 to 2047MiB such as 64MiB");
  }

  long manyBytes(String name) {
    try {
      long bytes = ByteSize.parse(text(name));
      if (bytes > 0) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw bad(name, text(name), "a size of at least 1 such as 64MiB or 2GiB");
  }

  int number(String name, int most) {
    try {
      int number = Integer.parseInt(text(name));
      if (number >= 1 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw bad(name, text(name), "a number from 1 to " + most);
  }

  static StartUpException bad(String name, String given, String wanted) {
    return new StartUpException("--" + name + " must be " + wanted + ": " + name + "=" + given);
  }

  private static String value(String name, ParseResult parsed, Map<String, String> environment) {
    Flag flag = TABLE.stream().filter(it -> it.name.equals(name)).findAny().orElseThrow();
    return given(flag, parsed, environment).map(List::getFirst).orElse(flag.standard);
  }

  private void take(Flag flag, ParseResult parsed, Map<String, String> environment) {
    Configuration.FlagValue inFile = configuration.flags().get(flag.name);
    List<String> otherwise = inFile == null ? List.of(flag.standard) : inFile.texts();
    values.put(flag.name, given(flag, parsed, environment).orElse(otherwise));
  }

  /** What the command line says, else the environment; empty if neither does. */
  private static Optional<List<String>> given(
      Flag flag, ParseResult parsed, Map<String, String> environment) {
    if (parsed.hasMatchedOption("--" + flag.name)) {
      Object value = parsed.matchedOptionValue("--" + flag.name, (Object) "");
      return Optional.of(
          value instanceof List<?> several
              ? several.stream().map(String::valueOf).toList()
              : List.of(String.valueOf(value)));
    }
    return Optional.ofNullable(environment.get(flag.variable())).map(List::of);
  }

  private static CommandSpec specification() {
    var command = CommandSpec.create().name("silverback");
    command.usageMessage(
        new UsageMessageSpec()
            .customSynopsis(
                "silverback [<flags>] [@<file>]%n       silverback import|export --help%n"
                    + "       silverback check-config FILE")
            .synopsisHeading("usage: ")
            .description("%nA drop-in replacement for the Prometheus Pushgateway.%n")
            .optionListHeading("Flags:%n")
            .footer(
                "%nA flag may also be set in the environment: SILVERBACK_LOG_LEVEL for --log.level;"
                    + " the command line wins; or in --config.file, which both of them beat.",
                "An argument @FILE stands for the lines of that file, one argument a line; # starts"
                    + " a remark.")
            .sortOptions(false)
            .longOptionsMaxWidth(46)
            .width(120)
            .adjustLineBreaksForWideCJKCharacters(false));
    command.addOption(
        OptionSpec.builder("-h", "--help", "--help-long", "--help-man")
            .usageHelp(true)
            .description("Show this help.")
            .build());
    command.addOption(
        OptionSpec.builder("--version").versionHelp(true).description("Show the version.").build());
    for (Flag flag : TABLE) {
      String standard = flag.standard.isEmpty() ? "" : " (default: " + flag.standard + ")";
      var option =
          OptionSpec.builder("--" + flag.name)
              .description((flag.help + standard).replace("%", "%%"));
      switch (flag.kind) {
        case TEXT -> option.type(String.class).paramLabel("VALUE");
        case SWITCH ->
            option
                .type(Boolean.class)
                .arity("0..1")
                .fallbackValue("true")
                .negatable(true)
                .paramLabel("BOOL");
        case LIST ->
            option.type(List.class).auxiliaryTypes(String.class).arity("1").paramLabel("VALUE");
      }
      command.addOption(option.build());
    }
    return command;
  }

  static Flag text(String name, String standard, String help) {
    return new Flag(name, Kind.TEXT, standard, help);
  }

  static Flag off(String name, String help) {
    return new Flag(name, Kind.SWITCH, "false", help);
  }

  static Flag list(String name, String standard, String help) {
    return new Flag(name, Kind.LIST, standard, help);
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
