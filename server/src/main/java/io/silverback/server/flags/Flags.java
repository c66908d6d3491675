package io.silverback.server.flags;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.Labels;
import io.silverback.server.config.Configuration;
import io.silverback.server.config.ConfigurationReader;
import io.silverback.server.config.MalformedConfigurationException;
import io.silverback.server.group.rules.StalenessRule;
import io.silverback.server.group.rules.StalenessRules;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.handler.EndpointConfig;
import io.silverback.server.storage.PersistenceConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The command line: all flags, and how they become a {@link GatewayConfig}.
 *
 * <p>The command line beats the environment ({@code SILVERBACK_WEB_LISTEN_ADDRESS} for {@code
 * --web.listen-address}), which beats the configuration file, which beats the default. An argument
 * {@code @FILE} is replaced by the lines of that file.
 */
public final class Flags {
  /** All flags, under the headings of the help. A new flag is one row in one of them. */
  static final List<FlagTable> TABLES =
      List.of(
          ServerFlags.WEB,
          ServerFlags.STORE,
          LimitFlags.TABLE,
          ServerFlags.PROCESS,
          ClusterFlags.TABLE);

  static final List<Flag<?>> TABLE =
      TABLES.stream().<Flag<?>>flatMap(table -> table.rows().stream()).toList();

  private Flags() {}

  /**
   * What was asked for and will not happen, for the log.
   *
   * @param keysAndValues in turn
   */
  public record Warning(String sentence, List<String> keysAndValues) {
    public Warning {
      keysAndValues = List.copyOf(keysAndValues);
    }
  }

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
    CommandLineReader.Read read = CommandLineReader.read(ArgumentFiles.expand(arguments));
    if (read.help()) {
      return new Request.Help(HelpText.of(environment));
    }
    if (read.version()) {
      return new Request.ShowVersion();
    }
    return serve(new FlagSources(read.values(), environment));
  }

  private static Request.Serve serve(FlagSources sources) {
    Optional<Path> file = sources.with(Configuration.EMPTY).get(ServerFlags.CONFIG_FILE);
    Supplier<Configuration> reading =
        () -> file.map(Flags::readConfiguration).orElse(Configuration.EMPTY);
    Configuration configuration = reading.get();
    FlagValues flags = sources.with(configuration);
    FlagRules.requireAll(flags);
    var live =
        new LiveConfig(
            liveSettings(flags, configuration),
            file.map(Path::toString).orElse(""),
            () -> {
              Configuration next = reading.get();
              return liveSettings(sources.with(next), next);
            });
    return new Request.Serve(
        config(flags, live),
        flags.get(ServerFlags.LOG_LEVEL),
        flags.get(ServerFlags.LOG_FORMAT),
        FlagWarnings.of(flags, sources.environment()));
  }

  private static Configuration readConfiguration(Path file) {
    try {
      Configuration configuration = ConfigurationReader.read(file);
      List<String> problems = FlagRules.problems(file, configuration);
      if (!problems.isEmpty()) {
        throw new MalformedConfigurationException(problems);
      }
      return configuration;
    } catch (MalformedConfigurationException e) {
      throw new StartUpException(ServerFlags.CONFIG_FILE.option() + ": " + e.getMessage());
    }
  }

  /** What may change while the server runs, and what that is compared with. */
  private static LiveConfig.Settings liveSettings(FlagValues flags, Configuration configuration) {
    var rules = new ArrayList<StalenessRule>(configuration.staleness());
    Duration ttl = flags.get(ServerFlags.STALENESS_TTL);
    int missedPushes = flags.get(ServerFlags.STALENESS_MISSED_PUSHES);
    if (!ttl.isZero() || missedPushes > 0) {
      rules.add(
          new StalenessRule(
              SeriesSelector.ALL, ttl, missedPushes, false, StalenessRule.USUAL_PURGE));
    }
    FlagRules.ofFile(flags, configuration)
        .ifPresent(
            reason -> {
              throw new StartUpException(ServerFlags.CONFIG_FILE.option() + ": " + reason);
            });
    return new LiveConfig.Settings(
        new StalenessRules(rules),
        configuration.rewrite(),
        configuration.remoteWrite(),
        flags.fixed());
  }

  private static GatewayConfig config(FlagValues flags, LiveConfig live) {
    return new GatewayConfig(
        flags.all(ServerFlags.LISTEN_ADDRESS),
        endpoints(flags),
        flags.text(ServerFlags.WEB_CONFIG_FILE),
        flags.text(ServerFlags.PERMISSIONS_FILE),
        flags.get(ServerFlags.SHUTDOWN_TIMEOUT),
        flags.get(ServerFlags.HISTORY_RETENTION),
        persistence(flags),
        LimitFlags.store(flags),
        LimitFlags.wipedBytes(flags),
        live,
        flags.get(ClusterFlags.ADVERTISE_WEB).orElse(""),
        ClusterRules.read(flags));
  }

  private static EndpointConfig endpoints(FlagValues flags) {
    String externalPath =
        Optional.ofNullable(flags.get(ServerFlags.EXTERNAL_URL).getPath()).orElse("");
    String telemetryPath = flags.get(ServerFlags.TELEMETRY_PATH);
    return new EndpointConfig(
        flags.text(ServerFlags.EXTERNAL_URL),
        prefix(flags.get(ServerFlags.ROUTE_PREFIX), externalPath),
        prefix("", externalPath),
        telemetryPath.startsWith("/") ? telemetryPath : "/" + telemetryPath,
        flags.get(ServerFlags.OPEN_PROBES),
        flags.get(ServerFlags.ENABLE_LIFECYCLE),
        flags.get(ServerFlags.ENABLE_ADMIN_API),
        !flags.get(ServerFlags.DISABLE_CONSISTENCY_CHECK),
        flags.get(ServerFlags.ENABLE_UTF8_NAMES) ? NameValidation.UTF8 : NameValidation.LEGACY,
        externalLabels(flags),
        LimitFlags.endpoints(flags),
        flags.shown(),
        flags.changed());
  }

  private static Labels externalLabels(FlagValues flags) {
    var pairs = new TreeMap<String, String>();
    for (Optional<FlagTypes.LabelPair> pair : flags.all(ServerFlags.EXTERNAL_LABEL)) {
      pair.ifPresent(it -> pairs.put(it.name(), it.value()));
    }
    return Labels.of(pairs);
  }

  private static Optional<PersistenceConfig> persistence(FlagValues flags) {
    return flags
        .get(ServerFlags.PERSISTENCE_FILE)
        .map(
            folder ->
                new PersistenceConfig(
                    folder,
                    flags.get(ServerFlags.PERSISTENCE_INTERVAL),
                    flags.get(LimitFlags.MIN_FREE_DISK),
                    flags.get(ServerFlags.START_EMPTY)));
  }

  private static String prefix(String given, String standard) {
    String prefix = given.isEmpty() ? standard : given;
    if (prefix.isEmpty() || prefix.equals("/")) {
      return "";
    }
    String absolute = prefix.startsWith("/") ? prefix : "/" + prefix;
    return absolute.endsWith("/") ? absolute.substring(0, absolute.length() - 1) : absolute;
  }
}
