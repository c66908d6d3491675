package io.silverback.codec.exposition;

import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Families of all kinds with awkward texts and numbers, drawn from one seed. */
public final class RandomFamilies {
  /** An exemplar with label t=a, value 2 and time 2 s 128 ns, without tag and length. */
  private static final String EXEMPLAR = "0a060a01741201611100000000000000401a050802108001";

  private static final String TIME = "08ffffffffffffffffff01" + "1001";
  private static final String UNKNOWN =
      "f80601" + "fd0601020304" + "f9060102030405060708" + "fa0602ff22";

  private static final String[] TEXTS = {
    "", "a", "job", "x.y", "ä", "🦍", "\"\\\n\r\t'", "\u0000\u0001\u007f\u0085", "\uFFFD", "le"
  };

  private static final double[] NUMBERS = {
    0,
    -0.0,
    1,
    -1.5,
    0.1,
    1e300,
    Double.MIN_VALUE,
    Double.MAX_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    // Prometheus' staleness marker: a NaN that only its bits tell from others.
    Double.longBitsToDouble(0x7ff0000000000002L)
  };

  private final Random random;
  private final boolean unknownFields;

  /**
   * An endless row of families.
   *
   * @param unknownFields whether messages have fields that the client model does not know
   */
  public RandomFamilies(long seed, boolean unknownFields) {
    this.random = new Random(seed);
    this.unknownFields = unknownFields;
  }

  public MetricFamily next() {
    MetricType[] types = MetricType.values();
    return new MetricFamily(
        "n" + text(), text(), types[random.nextInt(types.length)], text(), list(this::metric));
  }

  private Metric metric() {
    Labels labels = labels();
    return switch (random.nextInt(6)) {
      case 0 -> new Metric.Counter(labels, number(), opaque("12", "1a"));
      case 1 -> new Metric.Gauge(labels, number());
      case 2 -> new Metric.Untyped(labels, number());
      case 3 ->
          new Metric.Summary(
              labels,
              count(),
              number(),
              list(() -> new Metric.Quantile(number(), number())),
              opaque("", "22"));
      case 4 -> histogram(labels);
      default -> new Metric.Valueless(labels);
    };
  }

  private Metric.Histogram histogram(Labels labels) {
    return new Metric.Histogram(
        labels,
        list(() -> new Metric.Bucket(number(), count(), number(), opaque("1a", ""))),
        count(),
        number(),
        number(),
        random.nextBoolean() ? NativeBuckets.NONE : nativeBuckets(),
        opaqueOfHistogram());
  }

  private NativeBuckets nativeBuckets() {
    return new NativeBuckets(
        random.nextInt(13) - 4,
        number(),
        count(),
        number(),
        list(this::span),
        list(random::nextLong),
        list(this::number),
        list(this::span),
        list(random::nextLong),
        list(this::number));
  }

  private NativeBuckets.Span span() {
    return new NativeBuckets.Span(random.nextInt(), random.nextInt());
  }

  private Labels labels() {
    var labels = new Labels.Builder();
    for (int i = random.nextInt(4); i > 0; i--) {
      labels.add(text(), text());
    }
    return labels.build();
  }

  /** Fields with the given tags, in hex; an empty tag is for a field that the message lacks. */
  private OpaqueFields opaque(String exemplarTag, String timeTag) {
    return OpaqueFields.of(
        HexFormat.of()
            .parseHex(
                field(exemplarTag, EXEMPLAR)
                    + field(timeTag, TIME)
                    + (unknownFields && random.nextBoolean() ? UNKNOWN : "")));
  }

  private OpaqueFields opaqueOfHistogram() {
    return OpaqueFields.of(
        HexFormat.of()
            .parseHex(
                field("7a", TIME)
                    + field("8201", EXEMPLAR)
                    + field("8201", EXEMPLAR)
                    + (unknownFields && random.nextBoolean() ? UNKNOWN : "")));
  }

  private String field(String tag, String content) {
    if (tag.isEmpty() || random.nextBoolean()) {
      return "";
    }
    return tag + HexFormat.of().toHexDigits((byte) (content.length() / 2)) + content;
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private double number() {
    return random.nextInt(4) == 0
        ? Double.longBitsToDouble(random.nextLong())
        : NUMBERS[random.nextInt(NUMBERS.length)];
  }

  private long count() {
    return random.nextBoolean() ? random.nextInt(3) : random.nextLong();
  }

  private <T> List<T> list(Supplier<T> element) {
    var list = new ArrayList<T>();
    for (int i = random.nextInt(4); i > 0; i--) {
      list.add(element.get());
    }
    return list;
  }
}
