package io.silverback.server.group.rules;

import io.silverback.codec.exposition.ProtobufTextRenderer;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import org.jspecify.annotations.Nullable;

/** What a single metric must be like to be exposed, and the words for one that is not. */
public final class MetricRules {
  public static final String DUPLICATE = "was collected before with the same name and label values";

  /** Longest name or metric that a message shows whole, in UTF-16 units. */
  private static final int SHOWN_LENGTH = 2_000;

  private static final String RESERVED_PREFIX = "__";
  private static final String QUANTILE = "quantile";

  private MetricRules() {}

  /** What keeps the metric out of a family of that type; null if nothing does. */
  public static @Nullable String fault(Metric metric, MetricType type) {
    if (!fits(metric, type)) {
      return isNotA(type);
    }
    Labels labels = metric.labels();
    // upstream: starts from an empty name too, and so calls a single empty name a repeated one.
    String previous = "";
    for (int i = 0; i < labels.size(); i++) {
      String name = labels.name(i);
      if (name.equals(previous)) {
        return "has two or more labels with the same name: " + shortened(name);
      }
      if (name.startsWith(RESERVED_PREFIX)) {
        return "has a label with an invalid name: " + shortened(name);
      }
      if (type == MetricType.SUMMARY && name.equals(QUANTILE)) {
        return "must not have an explicit \"quantile\" label";
      }
      previous = name;
    }
    return null;
  }

  /** What keeps the labels from being written as UTF-8; null if nothing does. */
  public static @Nullable String encodingFault(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      if (!isUtf8(labels.name(i))) {
        return "has a label with an invalid name: " + quoted(labels.name(i));
      }
      if (!isUtf8(labels.value(i))) {
        return "has a label named %s whose value is not utf8: %s"
            .formatted(quoted(labels.name(i)), quoted(labels.value(i)));
      }
    }
    return null;
  }

  public static String isNotA(MetricType type) {
    return "is not a " + type;
  }

  /** False if the text holds half a surrogate pair, which no UTF-8 can say. */
  public static boolean isUtf8(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 == text.length()
            || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  public static String message(String familyName, Metric metric, String fault) {
    return "collected metric %s { %s} %s"
        .formatted(quoted(familyName), shortened(ProtobufTextRenderer.singleLine(metric)), fault);
  }

  /** As Go's %q, which the messages of upstream use. */
  public static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (char c : shortened(text).toCharArray()) {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            quoted.append("\\x%02x".formatted((int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  /** True if a family of that type may have such a metric. */
  public static boolean fits(Metric metric, MetricType type) {
    return switch (metric) {
      case Metric.Counter _ -> type == MetricType.COUNTER;
      case Metric.Gauge _ -> type == MetricType.GAUGE;
      case Metric.Untyped _ -> type == MetricType.UNTYPED;
      case Metric.Summary _ -> type == MetricType.SUMMARY;
      case Metric.Histogram _ -> type.isHistogram();
      case Metric.Valueless _ -> false;
    };
  }

  /** The beginning of a text that would otherwise blow up an answer. */
  public static String shortened(String text) {
    return text.length() <= SHOWN_LENGTH ? text : text.substring(0, SHOWN_LENGTH) + "...";
  }
}
