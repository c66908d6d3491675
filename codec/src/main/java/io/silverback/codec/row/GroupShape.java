package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.Fingerprint;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Everything about the families of a group but its key and its values, in the order of their names.
 *
 * <p>Two pushes of the same metrics have the same shape, and so have groups whose metrics differ
 * only in values and grouping labels. Immutable. Layout: {@code docs/formats/group-shape.md}.
 */
public final class GroupShape {
  /** No more than what a buffer can hold, a word each. */
  static final int MAX_COLUMNS = Integer.MAX_VALUE / Long.BYTES;

  private final List<FamilyShape> families;
  private final Fingerprint fingerprint;
  private final int metricCount;
  private final int columnCount;

  GroupShape(List<FamilyShape> families) {
    this.families = List.copyOf(families);
    var hash = new ShapeFingerprint(Labels.EMPTY);
    this.families.forEach(hash::add);
    this.fingerprint = hash.finish();
    FamilyShape last = families.isEmpty() ? null : families.getLast();
    this.metricCount = last == null ? 0 : last.firstMetric() + last.metrics().size();
    this.columnCount = last == null ? 0 : last.firstColumn() + last.columnCount();
  }

  /**
   * The shape of a group's families.
   *
   * @param families each name once; all metrics carry the labels of the key, each as the first pair
   *     of its name
   * @throws IllegalArgumentException if they do not
   */
  public static GroupShape of(GroupingKey key, Collection<MetricFamily> families) {
    var shapes = new ArrayList<FamilyShape>(families.size());
    var labels = new HashMap<Labels, Labels>();
    var layouts = new HashMap<MetricLayout, MetricLayout>();
    Deadline deadline = Deadline.current();
    int firstMetric = 0;
    long firstColumn = 0;
    for (MetricFamily family : inNameOrder(families)) {
      deadline.look();
      var metrics = new ArrayList<MetricShape>(family.metrics().size());
      long columnCount = 0;
      for (Metric metric : family.metrics()) {
        deadline.look();
        MetricLayout layout = shared(MetricLayout.of(metric), layouts);
        Labels own = labels.computeIfAbsent(metric.labels(), full -> full.without(key.labels()));
        metrics.add(new MetricShape(layout, own));
        columnCount += layout.columnCount();
      }
      if (firstColumn + columnCount > MAX_COLUMNS) {
        throw new IllegalArgumentException("too many columns: family=" + family.name());
      }
      shapes.add(
          new FamilyShape(
              family.name(),
              family.help(),
              family.type(),
              family.unit(),
              metrics,
              firstMetric,
              (int) firstColumn,
              (int) columnCount));
      firstMetric += metrics.size();
      firstColumn += columnCount;
    }
    return new GroupShape(shapes);
  }

  /** The fingerprint that the shape of these families has, without making one. */
  public static Fingerprint fingerprintOf(GroupingKey key, Collection<MetricFamily> families) {
    var hash = new ShapeFingerprint(key.labels());
    inNameOrder(families).forEach(hash::add);
    return hash.finish();
  }

  /**
   * The shape that was encoded into a region.
   *
   * @throws CorruptFrameException if the bytes are damaged, are no shape, or name texts that are
   *     not there
   */
  public static GroupShape decode(Symbols symbols, DirectBuffer buffer, int offset, int length) {
    var reader = new ShapeReader(symbols, buffer, offset, length);
    reader.verify();
    var families = new ArrayList<FamilyShape>();
    while (reader.nextFamily()) {
      FamilyShape family = reader.family();
      if (!families.isEmpty() && families.getLast().name().compareTo(family.name()) >= 0) {
        throw new CorruptFrameException("families are not in order: name=" + family.name());
      }
      families.add(family);
    }
    var shape = new GroupShape(families);
    if (!shape.fingerprint.equals(reader.fingerprint())) {
      throw new CorruptFrameException(
          "shape does not have its fingerprint: fingerprint=" + reader.fingerprint());
    }
    return shape;
  }

  /** Equal for equal shapes, and different for others. {@link Fingerprint#NONE} for no families. */
  public Fingerprint fingerprint() {
    return fingerprint;
  }

  /** In the order of their names. */
  public List<FamilyShape> families() {
    return families;
  }

  /**
   * The columns that are counts of something: those of histograms but their sums, and of summaries.
   */
  public BitSet countColumns() {
    var counts = new BitSet(columnCount);
    for (FamilyShape family : families) {
      int column = family.firstColumn();
      for (MetricShape metric : family.metrics()) {
        MetricLayout layout = metric.layout();
        int last = column + layout.columnCount() - 1;
        switch (layout.kind()) {
          case HISTOGRAM -> {
            counts.set(column, last - 1);
            counts.set(last);
          }
          case SUMMARY -> counts.set(last);
          case COUNTER, GAUGE, UNTYPED, VALUELESS -> {}
        }
        column += layout.columnCount();
      }
    }
    return counts;
  }

  public int metricCount() {
    return metricCount;
  }

  public int columnCount() {
    return columnCount;
  }

  /**
   * Writes the values of families, a little-endian word for each column of their shape.
   *
   * @param words as long as the columns need
   * @throws IllegalArgumentException if the families have another number of columns
   */
  public static void writeValues(Collection<MetricFamily> families, MutableDirectBuffer words) {
    int at = 0;
    for (MetricFamily family : inNameOrder(families)) {
      for (Metric metric : family.metrics()) {
        if (MetricLayout.columnCount(metric) > (words.capacity() - at) / Long.BYTES) {
          throw new IllegalArgumentException("more columns than words: name=" + family.name());
        }
        at = MetricLayout.write(metric, words, at);
      }
    }
    if (at != words.capacity()) {
      throw new IllegalArgumentException("fewer columns than words: length=" + words.capacity());
    }
  }

  /**
   * Writes the shape into a buffer that grows or has room. Each text in it is acquired once.
   *
   * @return the length in bytes
   */
  public int encode(Symbols symbols, MutableDirectBuffer out, int offset) {
    return new ShapeWriter(symbols, this).write(out, offset);
  }

  /** The length of what {@link #encode} writes, whatever the ids of its texts. */
  public int encodedLength() {
    return encode(new LocalSymbols(), new ExpandableArrayBuffer(), 0);
  }

  /** The families sorted by name, or as they are if they stand so. */
  static Collection<MetricFamily> inNameOrder(Collection<MetricFamily> families) {
    String before = null;
    for (MetricFamily family : families) {
      if (before != null && before.compareTo(family.name()) >= 0) {
        return sorted(families);
      }
      before = family.name();
    }
    return families;
  }

  private static List<MetricFamily> sorted(Collection<MetricFamily> families) {
    var sorted = new ArrayList<>(families);
    sorted.sort(Comparator.comparing(MetricFamily::name));
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i).name().equals(sorted.get(i - 1).name())) {
        throw new IllegalArgumentException("a family stands twice: name=" + sorted.get(i).name());
      }
    }
    return sorted;
  }

  private static MetricLayout shared(MetricLayout layout, Map<MetricLayout, MetricLayout> layouts) {
    MetricLayout known = layouts.putIfAbsent(layout, layout);
    return known == null ? layout : known;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GroupShape shape && families.equals(shape.families);
  }

  @Override
  public int hashCode() {
    return fingerprint.hashCode();
  }

  @Override
  public String toString() {
    return "GroupShape[families=" + families.size() + ", columns=" + columnCount + "]";
  }
}
