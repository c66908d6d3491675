package io.silverback.codec.row;

import io.silverback.codec.model.MetricType;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Where the fields of an encoded shape stand: {@code docs/formats/group-shape.md}. */
final class ShapeLayout {
  static final int FORMAT = 'S';
  static final int VERSION = 1;

  static final int FORMAT_OFFSET = 0;
  static final int VERSION_OFFSET = FORMAT_OFFSET + Byte.BYTES;
  static final int FINGERPRINT_OFFSET = VERSION_OFFSET + Byte.BYTES;
  static final int COLUMN_COUNT_OFFSET = FINGERPRINT_OFFSET + 2 * Long.BYTES;
  static final int FAMILY_COUNT_OFFSET = COLUMN_COUNT_OFFSET + Integer.BYTES;
  static final int LABEL_SETS_OFFSET = FAMILY_COUNT_OFFSET + Integer.BYTES;
  static final int LAYOUTS_OFFSET = LABEL_SETS_OFFSET + Integer.BYTES;
  static final int SYMBOL_COUNT_OFFSET = LAYOUTS_OFFSET + Integer.BYTES;
  static final int SYMBOLS_OFFSET = SYMBOL_COUNT_OFFSET + Integer.BYTES;

  /** The index of the empty text, which is no symbol; the others count from the next on. */
  static final int EMPTY_TEXT = 0;

  /** Set in a metric's first number if it has another layout than the metric before. */
  static final int LAYOUT_FLAG = 0b1;

  static final int LAYOUT_FLAG_BITS = 1;

  /** The name, help and unit, the type, and the numbers of metrics and columns. */
  static final int LEAST_FAMILY_LENGTH = Integer.BYTES + 6;

  /** The types, each at its number. */
  static final List<MetricType> TYPES =
      List.of(
          MetricType.COUNTER,
          MetricType.GAUGE,
          MetricType.SUMMARY,
          MetricType.UNTYPED,
          MetricType.HISTOGRAM,
          MetricType.GAUGE_HISTOGRAM);

  /** The kinds, each at its number. */
  static final List<MetricKind> KINDS =
      Stream.of(MetricKind.values()).sorted(Comparator.comparing(MetricKind::number)).toList();

  private ShapeLayout() {}

  static long zigZag(long value) {
    return value << 1 ^ value >> (Long.SIZE - 1);
  }

  static long unZigZag(long value) {
    return value >>> 1 ^ -(value & 1);
  }
}
