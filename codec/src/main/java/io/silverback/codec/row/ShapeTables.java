package io.silverback.codec.row;

import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * The label sets and layouts of an encoded shape: found when the first is asked for, and each
 * decoded when it is. Not thread-safe.
 */
final class ShapeTables {
  private static final int LEAST_LAYOUT_LENGTH = 2;

  private final ShapeTexts texts;
  private final FrameInput in;
  private final int labelSetsStart;
  private final int layoutsStart;
  private final Labels.Builder builder = new Labels.Builder();

  private @Nullable TablePositions labelSets;
  private @Nullable TablePositions layouts;
  private @Nullable Labels[] knownLabels = {};
  private @Nullable MetricLayout[] knownLayouts = {};

  /** Tables that read through a cursor of their own. */
  ShapeTables(ShapeTexts texts, FrameInput in, int labelSetsStart, int layoutsStart) {
    this.texts = texts;
    this.in = in;
    this.labelSetsStart = labelSetsStart;
    this.layoutsStart = layoutsStart;
  }

  /** A label set, which is kept for the next time. */
  Labels keptLabels(long index) {
    TablePositions positions = labelSets();
    if (knownLabels.length == 0) {
      knownLabels = new Labels[positions.count()];
    }
    Labels known = index < 0 || index >= knownLabels.length ? null : knownLabels[(int) index];
    if (known == null) {
      known = labels(labelSetPosition(index));
      knownLabels[(int) index] = known;
    }
    return known;
  }

  /** Where a label set stands. */
  int labelSetPosition(long index) {
    return labelSets().of(index);
  }

  /** The label set at a position, decoded anew. */
  Labels labels(int position) {
    in.position(position);
    builder.clear();
    for (int pairs = in.count(2); pairs > 0; pairs--) {
      String name = texts.text(in);
      builder.add(name, texts.text(in));
    }
    return builder.build();
  }

  /** Costs nothing, where each use of the positions reads the whole table once. */
  int labelSetCount() {
    in.position(labelSetsStart);
    return in.count(1);
  }

  /** Starts a cursor over the pairs of the label set at a position. */
  void labels(int position, LabelSetCursor cursor) {
    in.position(position);
    cursor.start(texts, in);
  }

  /** A layout, which is kept for the next time. */
  MetricLayout keptLayout(long index) {
    TablePositions positions = layouts();
    if (knownLayouts.length == 0) {
      knownLayouts = new MetricLayout[positions.count()];
    }
    MetricLayout known =
        index < 0 || index >= knownLayouts.length ? null : knownLayouts[(int) index];
    if (known == null) {
      known = layout(layoutPosition(index));
      knownLayouts[(int) index] = known;
    }
    return known;
  }

  /** Where a layout stands. */
  int layoutPosition(long index) {
    return layouts().of(index);
  }

  /** The layout at a position, decoded anew. */
  MetricLayout layout(int position) {
    in.position(position);
    MetricKind kind = kind();
    int boundCount = boundCount(kind);
    if (boundCount == 0) {
      return MetricLayout.unbounded(kind);
    }
    long[] bounds = new long[boundCount];
    for (int i = 0; i < boundCount; i++) {
      bounds[i] = in.u64();
    }
    return new MetricLayout(kind, bounds);
  }

  /** How many columns a layout has. */
  int columnCount(long index) {
    in.position(layoutPosition(index));
    MetricKind kind = kind();
    return boundCount(kind) + kind.plainColumns();
  }

  private TablePositions labelSets() {
    TablePositions positions = labelSets;
    if (positions == null) {
      in.position(labelSetsStart);
      int count = in.count(1);
      positions = new TablePositions(in, count, layoutsStart, this::skipLabelSet);
      labelSets = positions;
    }
    return positions;
  }

  private void skipLabelSet() {
    for (int pairs = in.count(2); pairs > 0; pairs--) {
      in.varint();
      in.varint();
    }
  }

  private TablePositions layouts() {
    TablePositions positions = layouts;
    if (positions == null) {
      in.position(layoutsStart);
      int count = in.count(LEAST_LAYOUT_LENGTH);
      positions = new TablePositions(in, count, in.length(), this::skipLayout);
      layouts = positions;
    }
    return positions;
  }

  private void skipLayout() {
    in.skip((long) boundCount(kind()) * Long.BYTES);
  }

  private MetricKind kind() {
    return ShapeLayout.KINDS.get(in.index(ShapeLayout.KINDS.size()));
  }

  private int boundCount(MetricKind kind) {
    int count = in.count(Long.BYTES);
    if (count > 0 && !kind.isBounded()) {
      throw in.fault("bounds of a kind that has none");
    }
    return count;
  }
}
