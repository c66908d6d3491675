package io.silverback.server.storage.pages;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import io.silverback.server.group.GroupUpdate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Pushes of which an exposition is hard to put in order: label names that come before and after
 * those of the keys, values that begin alike, equal values under other names, texts of all lengths
 * and from all over Unicode; names and texts that are escaped; and, for a store that checks
 * nothing, what excludes one another.
 */
public final class RandomPages {
  private static final String[] TEXTS = {
    "",
    "a",
    "b",
    "aa",
    "ab",
    "\u0000",
    "\u0001",
    "\ufffd",
    "\ud83d\ude31",
    "é",
    "x".repeat(300),
    "\"",
    "\\n\n\\"
  };
  private static final String[] NAMES = {
    "a", "b", "instance", "job", "k", "k.l", "k:l", "le", "\u00e9", "z", "_z", "__y"
  };
  private static final String[] FAMILIES = {"m", "m_count", "m_sum", "m_bucket", "n", "own", "o"};

  private static final List<MetricType> TYPES = List.of(MetricType.values());

  /** A field 2 of a counter, an exemplar without anything. */
  private static final OpaqueFields OPAQUE = OpaqueFields.of(HexFormat.of().parseHex("1200"));

  private final SplittableRandom random;
  private final boolean valid;

  /**
   * Random pushes.
   *
   * @param valid whether a store that checks takes most of them
   */
  public RandomPages(SplittableRandom random, boolean valid) {
    this.random = random;
    this.valid = valid;
  }

  public GroupUpdate next() {
    GroupingKey key = key();
    if (random.nextInt(8) == 0) {
      return new GroupUpdate.Delete(key);
    }
    var families = new TreeMap<String, MetricFamily>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      MetricFamily family = family();
      families.put(family.name(), family);
    }
    var body = new ParsedExposition(List.copyOf(families.values()), false);
    return random.nextInt(3) == 0
        ? new GroupUpdate.Merge(key, body)
        : new GroupUpdate.Replace(key, body);
  }

  private GroupingKey key() {
    var labels = new ArrayList<String>();
    for (String name : new String[] {"b", "instance", "k"}) {
      if (random.nextInt(3) == 0) {
        labels.add(name);
        labels.add(TEXTS[random.nextInt(4)]);
      }
    }
    return GroupingKey.of(
        random.nextInt(4) == 0 ? "j" + text() : "j", labels.toArray(String[]::new));
  }

  private MetricFamily family() {
    String name = FAMILIES[random.nextInt(FAMILIES.length)];
    MetricType type =
        valid || random.nextInt(3) > 0 ? MetricType.GAUGE : TYPES.get(random.nextInt(TYPES.size()));
    var metrics = new ArrayList<Metric>();
    int most = random.nextInt(6) == 0 ? 40 : 5;
    for (int i = random.nextInt(most); i >= 0; i--) {
      metrics.add(metric(type, labels(i)));
    }
    String help = random.nextInt(9) == 0 ? "other" : "help";
    return new MetricFamily(name, help, type, random.nextInt(9) == 0 ? "s" : "", metrics);
  }

  /** Mostly the same names, in no order of the values. */
  private Labels labels(int number) {
    var labels = new TreeMap<String, String>();
    if (random.nextInt(3) > 0) {
      labels.put("a", Integer.toString((number * 7) % 41));
      labels.put("z", text());
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      labels.put(NAMES[random.nextInt(NAMES.length - (valid ? 1 : 0))], text());
    }
    if (!valid && random.nextInt(20) == 0) {
      labels.put(random.nextBoolean() ? "__x" : "quantile", "1");
    }
    var builder = new Labels.Builder();
    labels.forEach(builder::add);
    if (!valid && random.nextInt(20) == 0) {
      builder.add("z", "twice").add("z", "twice");
    }
    return builder.build();
  }

  private Metric metric(MetricType type, Labels labels) {
    if (!valid && random.nextInt(20) == 0) {
      return random.nextBoolean() ? new Metric.Valueless(labels) : new Metric.Untyped(labels, 7);
    }
    double value = random.nextInt(1000);
    return switch (type) {
      case COUNTER ->
          new Metric.Counter(labels, value, random.nextBoolean() ? OPAQUE : OpaqueFields.NONE);
      case GAUGE -> new Metric.Gauge(labels, value);
      case UNTYPED -> new Metric.Untyped(labels, value);
      case SUMMARY -> new Metric.Summary(labels, 3, value, quantiles(), OpaqueFields.NONE);
      case HISTOGRAM, GAUGE_HISTOGRAM ->
          new Metric.Histogram(
              labels,
              List.of(new Metric.Bucket(1, 2), new Metric.Bucket(Double.POSITIVE_INFINITY, 3)),
              random.nextInt(3) == 0 ? -1 : 3,
              0,
              value,
              random.nextBoolean() ? NativeBuckets.NONE : nativeBuckets(),
              OpaqueFields.NONE);
    };
  }

  private NativeBuckets nativeBuckets() {
    int buckets = 1 + random.nextInt(3);
    List<Long> deltas = random.ints(buckets, 0, 9).mapToObj(Long::valueOf).toList();
    return new NativeBuckets(
        random.nextInt(-4, 9),
        1e-3,
        random.nextInt(9),
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(new NativeBuckets.Span(random.nextInt(-9, 9), buckets)),
        deltas,
        List.of());
  }

  private List<Metric.Quantile> quantiles() {
    var quantiles = new ArrayList<Metric.Quantile>();
    for (int i = random.nextInt(4); i > 0; i--) {
      quantiles.add(new Metric.Quantile(i / 10.0, random.nextInt(9)));
    }
    return quantiles;
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }
}
