package io.silverback.server.flags;

import io.silverback.server.yaml.GoDuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What is worth a line of the log at the start, and stops nothing. */
final class FlagWarnings {
  /** With less a server runs, but soon takes no new groups. */
  private static final long ADVISED_MEMORY_BYTES = 256L << 20;

  private static final String NO_EFFECT = "a limit has no effect, as another one is reached first";

  private final FlagValues flags;
  private final List<Flags.Warning> warnings = new ArrayList<>();

  private FlagWarnings(FlagValues flags) {
    this.flags = flags;
  }

  /** The warnings for flags that keep all rules. */
  static List<Flags.Warning> of(FlagValues flags, Map<String, String> environment) {
    var found = new FlagWarnings(flags);
    found.lookAtEnvironment(environment);
    found.lookAtMemory(Runtime.getRuntime().maxMemory());
    found.lookAtLimits();
    flags.get(ServerFlags.PERSISTENCE_FILE).ifPresent(found::lookAtDisk);
    found.lookAtCluster();
    return List.copyOf(found.warnings);
  }

  private void lookAtEnvironment(Map<String, String> environment) {
    Set<String> known = Flags.TABLE.stream().map(Flag::variable).collect(Collectors.toSet());
    environment.keySet().stream()
        .filter(name -> name.startsWith(Flag.VARIABLE_PREFIX) && !known.contains(name))
        .sorted()
        .forEach(name -> warn("environment variable names no flag, ignored", "name", name));
  }

  private void lookAtMemory(long heapBytes) {
    long most = flags.get(ServerFlags.MAX_MEMORY);
    if (most > 0 && most < ADVISED_MEMORY_BYTES) {
      warn(
          "the memory limit leaves little for groups",
          "flag",
          ServerFlags.MAX_MEMORY.name(),
          "limit",
          ByteSize.format(most),
          "advised",
          ByteSize.format(ADVISED_MEMORY_BYTES));
    }
    if (most > 0 && heapBytes > most) {
      warn(
          "the heap may grow beyond the memory limit, set a smaller one with SILVERBACK_JAVA_OPTS",
          "flag",
          ServerFlags.MAX_MEMORY.name(),
          "limit",
          ByteSize.format(most),
          "heap",
          ByteSize.format(heapBytes));
    }
    Optional<Long> bodies = flags.get(LimitFlags.MAX_BODY_MEMORY);
    if (bodies.isPresent() && bodies.get() > heapBytes) {
      warn(
          "more heap is allowed for bodies than the process has",
          "flag",
          LimitFlags.MAX_BODY_MEMORY.name(),
          "limit",
          ByteSize.format(bodies.get()),
          "heap",
          ByteSize.format(heapBytes));
    }
  }

  private void lookAtLimits() {
    long series = flags.get(LimitFlags.MAX_SERIES);
    if (series > 0 && flags.get(LimitFlags.MAX_SERIES_PER_GROUP) > series) {
      noEffect(LimitFlags.MAX_SERIES_PER_GROUP, LimitFlags.MAX_SERIES);
    }
    flags
        .get(LimitFlags.MAX_BODY_MEMORY)
        .filter(most -> flags.get(LimitFlags.MAX_BODY_SIZE) > most)
        .ifPresent(_ -> noEffect(LimitFlags.MAX_BODY_SIZE, LimitFlags.MAX_BODY_MEMORY));
    long memory = flags.get(ServerFlags.MAX_MEMORY);
    for (Flag<Optional<Long>> flag :
        List.of(LimitFlags.MAX_SCRAPE_MEMORY, LimitFlags.MAX_QUERY_MEMORY)) {
      flags
          .get(flag)
          .filter(most -> memory > 0 && most > memory)
          .ifPresent(_ -> noEffect(flag, ServerFlags.MAX_MEMORY));
    }
  }

  private void lookAtDisk(Path folder) {
    long free = flags.get(LimitFlags.MIN_FREE_DISK);
    Path existing = folder.toAbsolutePath();
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      long disk = Files.getFileStore(existing).getTotalSpace();
      if (disk > 0 && free > disk) {
        warn(
            "the disk is smaller than what is to stay free of it, so no push will be taken",
            "flag",
            LimitFlags.MIN_FREE_DISK.name(),
            "limit",
            ByteSize.format(free),
            "disk",
            ByteSize.format(disk));
      }
    } catch (IOException e) {
      // The start of the store tells what is wrong with the folder.
    }
  }

  private void lookAtCluster() {
    if (flags.get(ClusterFlags.LISTEN).isEmpty()) {
      return;
    }
    int copies = flags.get(ClusterFlags.FACTOR);
    int servers = ClusterRules.expected(flags);
    if (copies > servers) {
      warn(
          "more copies are asked for than servers are known, so pushes have fewer",
          "flag",
          ClusterFlags.FACTOR.name(),
          "copies",
          String.valueOf(copies),
          "servers",
          String.valueOf(servers));
    }
    if (flags.get(ClusterFlags.REPLICA_TIMEOUT).compareTo(flags.get(ClusterFlags.PUSH_BUDGET))
        >= 0) {
      warn(
          "a push has no time left to try another server for its copy",
          "flag",
          ClusterFlags.REPLICA_TIMEOUT.name(),
          "timeout",
          GoDuration.format(flags.get(ClusterFlags.REPLICA_TIMEOUT)),
          "budget",
          GoDuration.format(flags.get(ClusterFlags.PUSH_BUDGET)));
    }
  }

  private void noEffect(Flag<?> flag, Flag<?> reachedFirst) {
    warn(NO_EFFECT, "flag", flag.name(), "reached_first", reachedFirst.name());
  }

  private void warn(String sentence, String... keysAndValues) {
    warnings.add(new Flags.Warning(sentence, List.of(keysAndValues)));
  }
}
