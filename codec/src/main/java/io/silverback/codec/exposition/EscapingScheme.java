package io.silverback.codec.exposition;

import io.silverback.codec.model.Family;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.SeriesSink;
import io.silverback.codec.model.StoredSeries;
import java.util.Optional;
import java.util.function.Consumer;

/** How names that are not legacy names are shown to scrapers that know only those. */
public enum EscapingScheme {
  /** As they are. */
  ALLOW_UTF_8("allow-utf-8"),
  /** Every illegal character becomes an underscore; names may fall together. */
  UNDERSCORES("underscores"),
  /** A dot becomes {@code _dot_}, an underscore or anything else illegal two underscores. */
  DOTS("dots"),
  /** After {@code U__}, an underscore is doubled and anything else illegal a code point in hex. */
  VALUES("values");

  private static final String VALUES_PREFIX = "U__";

  // upstream: UnescapeName gives up at the sixth digit, so that plane 16 cannot be read back.
  private static final int MAX_HEX_DIGITS = 5;

  private static final String METRIC_NAME_LABEL = "__name__";

  private final String parameter;

  EscapingScheme(String parameter) {
    this.parameter = parameter;
  }

  /** The value of the {@code escaping} parameter in Accept and Content-Type. */
  public String parameter() {
    return parameter;
  }

  static Optional<EscapingScheme> of(String parameter) {
    for (EscapingScheme scheme : values()) {
      if (scheme.parameter.equals(parameter)) {
        return Optional.of(scheme);
      }
    }
    return Optional.empty();
  }

  /** The name as shown. Dots escape even a legacy name, if it has underscores. */
  public String escape(String name) {
    if (name.isEmpty() || this == ALLOW_UTF_8 || (this != DOTS && isLegacy(name))) {
      return name;
    }
    var escaped = new StringBuilder(this == VALUES ? VALUES_PREFIX : "");
    for (int i = 0; i < name.length(); i += Character.charCount(name.codePointAt(i))) {
      appendEscaped(name.codePointAt(i), i == 0, escaped);
    }
    return escaped.toString();
  }

  private void appendEscaped(int codePoint, boolean first, StringBuilder out) {
    if (codePoint == '_' && this != UNDERSCORES) {
      out.append("__");
    } else if (isLegacy(codePoint, first)) {
      out.appendCodePoint(codePoint);
    } else {
      out.append(
          switch (this) {
            case ALLOW_UTF_8 -> Character.toString(codePoint);
            case UNDERSCORES -> "_";
            case DOTS -> codePoint == '.' ? "_dot_" : "__";
            case VALUES -> "_" + Integer.toHexString(codePoint) + "_";
          });
    }
  }

  /** The family with its name and label names as shown. */
  public Family escape(Family family) {
    return this == ALLOW_UTF_8 ? family : new Escaped(family, this);
  }

  private Metric escape(Metric metric) {
    Labels labels = metric.labels();
    return needsEscaping(labels) ? metric.withLabels(escape(labels)) : metric;
  }

  private record Escaped(Family family, EscapingScheme scheme) implements Family {
    @Override
    public String name() {
      String name = family.name();
      return name.isEmpty() ? name : scheme.escapeIllegal(name);
    }

    @Override
    public String help() {
      return family.help();
    }

    @Override
    public MetricType type() {
      return family.type();
    }

    @Override
    public String unit() {
      return family.unit();
    }

    @Override
    public void forEachMetric(Consumer<? super Metric> consumer) {
      family.forEachMetric(metric -> consumer.accept(scheme.escape(metric)));
    }

    @Override
    public void forEachSeries(SeriesSink sink) {
      family.forEachSeries(
          new SeriesSink() {
            @Override
            public void metric(Metric metric) {
              sink.metric(scheme.escape(metric));
            }

            /** Has legacy names only, which look the same in each scheme. */
            @Override
            public void stored(StoredSeries series) {
              sink.stored(series);
            }

            @Override
            public int leastPassage() {
              return sink.leastPassage();
            }

            @Override
            public boolean passage(byte[] identity, int length) {
              return sink.passage(identity, length);
            }

            @Override
            public void endPassage(boolean isWhole) {
              sink.endPassage(isWhole);
            }
          });
    }
  }

  private Labels escape(Labels labels) {
    var builder = new Labels.Builder();
    for (int i = 0; i < labels.size(); i++) {
      String name = labels.name(i);
      String value = labels.value(i);
      builder.add(
          escapeIllegal(name), name.equals(METRIC_NAME_LABEL) ? escapeIllegal(value) : value);
    }
    return builder.build();
  }

  private static boolean needsEscaping(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      if (!isLegacy(labels.name(i))
          || (labels.name(i).equals(METRIC_NAME_LABEL) && !isLegacy(labels.value(i)))) {
        return true;
      }
    }
    return false;
  }

  private String escapeIllegal(String name) {
    return isLegacy(name) ? name : escape(name);
  }

  /** The name that {@link #VALUES} shows as this one; the same text if it does not show any so. */
  public static String unescapeValues(String name) {
    if (!name.startsWith(VALUES_PREFIX)) {
      return name;
    }
    var plain = new StringBuilder();
    int at = VALUES_PREFIX.length();
    while (at < name.length()) {
      if (name.charAt(at) != '_') {
        plain.append(name.charAt(at++));
        continue;
      }
      int end = name.indexOf('_', at + 1);
      if (end < 0 || end - at - 1 > MAX_HEX_DIGITS) {
        return name;
      }
      if (end == at + 1) {
        plain.append('_');
      } else {
        int codePoint = codePoint(name, at + 1, end);
        if (codePoint < 0) {
          return name;
        }
        plain.appendCodePoint(codePoint);
      }
      at = end + 1;
    }
    return plain.toString();
  }

  /** The code point written in hex; negative if there is none. */
  private static int codePoint(String name, int from, int to) {
    int codePoint = 0;
    for (int i = from; i < to; i++) {
      // upstream: a letter is made small by setting a bit, which makes digits of control
      // characters.
      char c = (char) (name.charAt(i) | 0x20);
      boolean hexadecimal = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      if (!hexadecimal) {
        return -1;
      }
      codePoint = 16 * codePoint + Character.digit(c, 16);
    }
    boolean surrogate =
        codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    return surrogate ? -1 : codePoint;
  }

  private static boolean isLegacy(String name) {
    return NameValidation.LEGACY.isMetricName(name);
  }

  private static boolean isLegacy(int codePoint, boolean first) {
    return (codePoint >= 'a' && codePoint <= 'z')
        || (codePoint >= 'A' && codePoint <= 'Z')
        || codePoint == '_'
        || codePoint == ':'
        || (codePoint >= '0' && codePoint <= '9' && !first);
  }
}
