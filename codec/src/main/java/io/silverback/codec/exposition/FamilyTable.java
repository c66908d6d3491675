package io.silverback.codec.exposition;

import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The families of a body in the order in which they appeared, and which of them a name means: the
 * lines of a summary or histogram bear names with suffixes. Not thread-safe.
 */
final class FamilyTable {
  private static final String COUNT_SUFFIX = "_count";
  private static final String SUM_SUFFIX = "_sum";
  private static final String BUCKET_SUFFIX = "_bucket";

  /** What a name says about the sample, beside its family. */
  enum Part {
    PLAIN,
    COUNT,
    SUM
  }

  /** What a name means. */
  record Target(FamilyBuilder family, Part part) {}

  private final List<FamilyBuilder> families = new ArrayList<>();

  /** All names seen. An entry stays true, as a family never changes its type or goes away. */
  private final Map<String, Target> targets = new HashMap<>();

  @Nullable Target find(String name) {
    return targets.get(name);
  }

  /** What a name means that was not seen before; the start of a new family, unless a part. */
  Target enter(String name) {
    Target target = partOfKnown(name).orElse(null);
    if (target == null) {
      target = new Target(new FamilyBuilder(name), Part.PLAIN);
      families.add(target.family());
    }
    targets.put(name, target);
    return target;
  }

  /** Those with samples. */
  List<MetricFamily> build() {
    var built = new ArrayList<MetricFamily>(families.size());
    for (FamilyBuilder family : families) {
      family.build().ifPresent(built::add);
    }
    return built;
  }

  private Optional<Target> partOfKnown(String name) {
    if (hasSuffix(name, COUNT_SUFFIX)) {
      return known(name, COUNT_SUFFIX)
          .filter(family -> hasType(family, MetricType.SUMMARY) || isHistogram(family))
          .map(family -> new Target(family, Part.COUNT));
    }
    if (hasSuffix(name, SUM_SUFFIX)) {
      return known(name, SUM_SUFFIX)
          .filter(family -> hasType(family, MetricType.SUMMARY) || isHistogram(family))
          .map(family -> new Target(family, Part.SUM));
    }
    if (hasSuffix(name, BUCKET_SUFFIX)) {
      return known(name, BUCKET_SUFFIX)
          .filter(FamilyTable::isHistogram)
          .map(family -> new Target(family, Part.PLAIN));
    }
    return Optional.empty();
  }

  private static boolean hasSuffix(String name, String suffix) {
    return name.length() > suffix.length() && name.endsWith(suffix);
  }

  /** The family that bears the name without its suffix; a part's name is no family's name. */
  private Optional<FamilyBuilder> known(String name, String suffix) {
    String base = name.substring(0, name.length() - suffix.length());
    return Optional.ofNullable(targets.get(base))
        .map(Target::family)
        .filter(family -> family.name().equals(base));
  }

  private static boolean hasType(FamilyBuilder family, MetricType type) {
    return family.type().filter(known -> known == type).isPresent();
  }

  private static boolean isHistogram(FamilyBuilder family) {
    return family.type().filter(MetricType::isHistogram).isPresent();
  }
}
