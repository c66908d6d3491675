package io.silverback.server.config;

import io.silverback.server.group.rules.RewriteRules;
import io.silverback.server.group.rules.StalenessRule;
import io.silverback.server.remotewrite.RemoteWriteConfig;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a configuration file says. Immutable.
 *
 * @param flags by their names without dashes, in the order of the file; whether there are such
 *     flags is not looked at
 * @param staleness rules in the order of the file
 * @param rewrite what becomes of grouping keys
 * @param remoteWrite where what is pushed is sent
 */
public record Configuration(
    Map<String, FlagValue> flags,
    List<StalenessRule> staleness,
    RewriteRules rewrite,
    List<RemoteWriteConfig> remoteWrite) {
  /** That of no file. */
  public static final Configuration EMPTY =
      new Configuration(Map.of(), List.of(), RewriteRules.NONE, List.of());

  public Configuration {
    flags = Collections.unmodifiableMap(new LinkedHashMap<>(flags));
    staleness = List.copyOf(staleness);
    remoteWrite = List.copyOf(remoteWrite);
  }

  /**
   * The value of a flag.
   *
   * @param texts one, or several for a flag that may be repeated
   * @param line of the file, counted from 1
   */
  public record FlagValue(List<String> texts, int line) {
    public FlagValue {
      texts = List.copyOf(texts);
    }
  }
}
