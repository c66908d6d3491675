package io.silverback.server.group;

import io.silverback.codec.model.MetricType;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

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
   * @param collected tells whether a family of some name and type is there already
   */
  static Optional<String> find(
      String name, MetricType type, BiPredicate<String, MetricType> collected) {
    for (String suffix : List.of(COUNT, SUM, BUCKET)) {
      if (name.endsWith(suffix) && name.length() > suffix.length()) {
        String base = name.substring(0, name.length() - suffix.length());
        String owner = ownerOf(base, suffix, collected);
        if (!owner.isEmpty()) {
          return Optional.of(
              "collected metric named %s collides with previously collected %s named %s"
                  .formatted(MetricRules.quoted(name), owner, MetricRules.quoted(base)));
        }
      }
    }
    if (type != MetricType.SUMMARY && !type.isHistogram()) {
      return Optional.empty();
    }
    for (String suffix : List.of(COUNT, SUM, BUCKET)) {
      if ((type.isHistogram() || !suffix.equals(BUCKET)) && isCollected(name + suffix, collected)) {
        return Optional.of(
            "collected %s named %s collides with previously collected metric named %s"
                .formatted(
                    suffix.equals(BUCKET) ? "histogram" : "histogram or summary",
                    MetricRules.quoted(name),
                    MetricRules.quoted(name + suffix)));
      }
    }
    return Optional.empty();
  }

  private static String ownerOf(
      String base, String suffix, BiPredicate<String, MetricType> collected) {
    if (!suffix.equals(BUCKET) && collected.test(base, MetricType.SUMMARY)) {
      return "summary";
    }
    // upstream: looks at plain histograms only, although a gauge histogram has the same lines.
    boolean histogram =
        collected.test(base, MetricType.HISTOGRAM)
            || collected.test(base, MetricType.GAUGE_HISTOGRAM);
    return histogram ? "histogram" : "";
  }

  private static boolean isCollected(String name, BiPredicate<String, MetricType> collected) {
    for (MetricType type : MetricType.values()) {
      if (collected.test(name, type)) {
        return true;
      }
    }
    return false;
  }
}
