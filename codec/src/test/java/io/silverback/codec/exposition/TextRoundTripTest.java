package io.silverback.codec.exposition;

import static io.silverback.codec.exposition.Expositions.families;
import static io.silverback.codec.exposition.Expositions.render;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.Metric.Quantile;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class TextRoundTripTest {
  private static final String[] ALPHABET = {
    "a",
    "b",
    "_",
    "0",
    ":",
    ".",
    " ",
    "{",
    "}",
    "=",
    ",",
    "#",
    "\"",
    "\\",
    "\n",
    "\t",
    "é",
    "佖",
    "\uD83D\uDE00",
    "\r",
    "\u0000"
  };

  @Property(tries = 500)
  void whatIsRenderedParsesToTheSame(@ForAll long seed) {
    var random = new Random(seed);
    var families = new ArrayList<MetricFamily>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      families.add(family(i + "f" + text(random), random));
    }
    assertEquals(families, families(render(families)));
  }

  private static MetricFamily family(String name, Random random) {
    MetricType[] types = {
      MetricType.COUNTER,
      MetricType.GAUGE,
      MetricType.SUMMARY,
      MetricType.UNTYPED,
      MetricType.HISTOGRAM
    };
    MetricType type = types[random.nextInt(types.length)];
    Set<Labels> labelSets = new HashSet<>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      labelSets.add(labels(random));
    }
    var metrics = new ArrayList<Metric>();
    labelSets.forEach(labels -> metrics.add(metric(type, labels, random)));
    return new MetricFamily(name, text(random).stripLeading(), type, metrics);
  }

  private static Metric metric(MetricType type, Labels labels, Random random) {
    return switch (type) {
      case COUNTER -> new Metric.Counter(labels, number(random));
      case GAUGE -> new Metric.Gauge(labels, number(random));
      case UNTYPED -> new Metric.Untyped(labels, number(random));
      case SUMMARY ->
          new Metric.Summary(
              labels,
              count(random),
              number(random),
              List.of(new Quantile(0.5, number(random)), new Quantile(0.999, number(random))),
              OpaqueFields.NONE);
      case HISTOGRAM, GAUGE_HISTOGRAM ->
          random.nextBoolean()
              ? histogram(labels, count(random), 0, number(random), new Bucket(0.25, 3))
              : histogram(
                  labels, 0, 7.5, number(random), new Bucket(-1e-7, 0, 2.25, OpaqueFields.NONE));
    };
  }

  private static Metric histogram(
      Labels labels, long count, double countFloat, double sum, Bucket first) {
    var last = new Bucket(Double.POSITIVE_INFINITY, count, countFloat, OpaqueFields.NONE);
    return new Metric.Histogram(
        labels,
        List.of(first, last),
        count,
        countFloat,
        sum,
        NativeBuckets.NONE,
        OpaqueFields.NONE);
  }

  private static Labels labels(Random random) {
    var pairs = new TreeMap<String, String>();
    for (int i = random.nextInt(20); i > 0; i -= 3) {
      pairs.put("l" + text(random), text(random));
    }
    return Labels.of(pairs);
  }

  /** Counts travel as doubles, which are exact up to 53 bits. */
  private static long count(Random random) {
    return random.nextLong() >>> (11 + random.nextInt(53));
  }

  private static double number(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(1000);
      case 1 -> random.nextInt() / 1000.0;
      case 2 -> random.nextGaussian();
      default -> {
        double any = Double.longBitsToDouble(random.nextLong());
        yield any == 0 || Double.isNaN(any) ? Double.NaN : any;
      }
    };
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append(ALPHABET[random.nextInt(ALPHABET.length)]);
    }
    return text.toString();
  }
}
