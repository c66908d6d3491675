package io.silverback.server.flags;

import io.silverback.server.config.Configuration;
import io.silverback.server.storage.files.StoreFolder;
import io.silverback.server.yaml.ConfigException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What must hold for flags: for each alone, and between them. */
final class FlagRules {
  private FlagRules() {}

  /**
   * Checks all flags.
   *
   * @throws StartUpException of the first one that is wrong
   */
  static void requireAll(FlagValues flags) {
    for (Flag<?> flag : Flags.TABLE) {
      flags.all(flag);
    }
    all().forEach(rule -> rule.check().accept(flags));
  }

  /** What must hold between flags. */
  static List<FlagRule> all() {
    return Stream.concat(
            ClusterRules.all().stream(),
            Stream.of(
                new FlagRule(ServerFlags.LISTEN_ADDRESS, FlagRules::requireDifferentAddresses)))
        .toList();
  }

  /**
   * What must hold for files and folders that flags name. A start finds out when it opens them, and
   * a check must not open them as a server does.
   */
  static List<FlagRule> ofFiles() {
    return List.of(
        new FlagRule(
            ServerFlags.PERSISTENCE_FILE,
            flags ->
                flags
                    .get(ServerFlags.PERSISTENCE_FILE)
                    .flatMap(StoreFolder::whyUnusable)
                    .ifPresent(reason -> refuse(ServerFlags.PERSISTENCE_FILE, reason))));
  }

  /** Why a server with those flags cannot do what the file asks for; empty if it can. */
  static Optional<String> ofFile(FlagValues flags, Configuration configuration) {
    if (configuration.remoteWrite().isEmpty()) {
      return Optional.empty();
    }
    return flags.get(ServerFlags.HISTORY_RETENTION).isZero()
        ? Optional.of(
            "remote_write sends from the history, raise "
                + ServerFlags.HISTORY_RETENTION.option()
                + " above 0s")
        : Optional.empty();
  }

  private static void refuse(Flag<?> flag, String reason) {
    throw new StartUpException(flag.option() + ": " + reason);
  }

  private static void requireDifferentAddresses(FlagValues flags) {
    List<InetSocketAddress> addresses = new ArrayList<>(flags.all(ServerFlags.LISTEN_ADDRESS));
    if (flags.get(ClusterFlags.LISTEN).isPresent()) {
      addresses.add(
          FlagTypes.address().read(ClusterFlags.LISTEN.name(), flags.text(ClusterFlags.LISTEN)));
    }
    for (int i = 0; i < addresses.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (collide(addresses.get(i), addresses.get(j))) {
          throw new StartUpException(
              "--web.listen-address and --cluster.listen-address must not take the same port twice:"
                  + " port="
                  + addresses.get(i).getPort());
        }
      }
    }
  }

  private static boolean collide(InetSocketAddress one, InetSocketAddress other) {
    return one.getPort() != 0
        && one.getPort() == other.getPort()
        && (one.getAddress().equals(other.getAddress())
            || one.getAddress().isAnyLocalAddress()
            || other.getAddress().isAnyLocalAddress());
  }

  /** What is wrong with the flags of a configuration file, each looked at alone, a line each. */
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
    if (name.equals(ServerFlags.CONFIG_FILE.name())) {
      return Optional.of("a file cannot name another one");
    }
    Optional<Flag<?>> known =
        Flags.TABLE.stream().filter(flag -> flag.name().equals(name)).findAny();
    if (known.isEmpty()) {
      List<String> names = Flags.TABLE.stream().map(Flag::name).toList();
      String hint =
          Spelling.closest(name, names).map(it -> "; did you mean " + it + "?").orElse("");
      return Optional.of("unknown flag, try --help" + hint);
    }
    if (value.texts().size() > 1 && known.get().kind() != Flag.Kind.LIST) {
      return Optional.of("expected a single value");
    }
    return value.texts().stream().flatMap(text -> problem(known.get(), text).stream()).findFirst();
  }

  private static Optional<String> problem(Flag<?> flag, String text) {
    try {
      flag.read(text);
      return Optional.empty();
    } catch (StartUpException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
