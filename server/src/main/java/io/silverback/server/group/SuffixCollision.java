package io.silverback.server.group;

import io.silverback.codec.model.MetricType;
import io.silverback.server.group.rules.MetricRules;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Names that a summary or histogram needs for its own lines.
 *
 * <p>A summary x is written as x_sum and x_count too, a histogram as x_bucket besides, so no family
 * of such a name may stand next to it.
 */
final class SuffixCollision {
  private static final String BUCKET = "_bucket";
  private static final String COUNT = "_count";
  private static final String SUM = "_sum";

  private SuffixCollision() {}

  /**
   * What a family collides with, in upstream's words.
   *
   * @param collected tells under which types families of some name are there already
   */
  static Optional<String> find(
      String name, MetricType type, Function<String, Set<MetricType>> collected) {
    for (String suffix : List.of(COUNT, SUM, BUCKET)) {
      if (name.endsWith(suffix) && name.length() > suffix.length()) {
        String base = name.substring(0, name.length() - suffix.length());
        String owner = ownerOf(suffix, collected.apply(base));
        if (!owner.isEmpty()) {
          return Optional.of(
              "collected metric named %s collides with previously collected %s named %s"
                  .formatted(MetricRules.quoted(name), owner, MetricRules.quoted(base)));
        }
      }
    }
    for (String line : linesOf(name, type)) {
      if (!collected.apply(line).isEmpty()) {
        return Optional.of(
            "collected %s named %s collides with previously collected metric named %s"
                .formatted(
                    line.endsWith(BUCKET) ? "histogram" : "histogram or summary",
                    MetricRules.quoted(name),
                    MetricRules.quoted(line)));
      }
    }
    return Optional.empty();
  }

  /** The names with a suffix under which a family of that type writes lines. */
  static List<String> linesOf(String name, MetricType type) {
    return switch (type) {
      case SUMMARY -> List.of(name + COUNT, name + SUM);
      case HISTOGRAM, GAUGE_HISTOGRAM -> List.of(name + COUNT, name + SUM, name + BUCKET);
      case COUNTER, GAUGE, UNTYPED -> List.of();
    };
  }

  private static String ownerOf(String suffix, Set<MetricType> base) {
    if (!suffix.equals(BUCKET) && base.contains(MetricType.SUMMARY)) {
      return "summary";
    }
    // upstream: looks at plain histograms only, although a gauge histogram has the same lines.
    return base.stream().anyMatch(MetricType::isHistogram) ? "histogram" : "";
  }
}
