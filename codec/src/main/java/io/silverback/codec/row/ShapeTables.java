package io.silverback.codec.row;

import io.silverback.codec.model.Labels;
import org.jspecify.annotations.Nullable;

/**
 * The label sets and layouts of an encoded shape: found when the first is asked for, and each label
 * set decoded when it is. Not thread-safe.
 */
final class ShapeTables {
  private static final int LEAST_LAYOUT_LENGTH = 2;

  private final ShapeTexts texts;
  private final FrameInput in;
  private final int labelSetsStart;
  private final int layoutsStart;
  private final Labels.Builder builder = new Labels.Builder();

  private int @Nullable [] labelSetPositions;
  private @Nullable Labels[] labelSets = {};
  private MetricLayout @Nullable [] layouts;

  /** Tables that read through a cursor of their own. */
  ShapeTables(ShapeTexts texts, FrameInput in, int labelSetsStart, int layoutsStart) {
    this.texts = texts;
    this.in = in;
    this.labelSetsStart = labelSetsStart;
    this.layoutsStart = layoutsStart;
  }

  Labels labels(long index) {
    int[] positions = labelSetPositions();
    if (index < 0 || index >= positions.length) {
      throw in.fault("no such label set");
    }
    Labels known = labelSets[(int) index];
    if (known == null) {
      known = readLabels(positions[(int) index]);
      labelSets[(int) index] = known;
    }
    return known;
  }

  MetricLayout layout(long index) {
    MetricLayout[] all = layouts();
    if (index < 0 || index >= all.length) {
      throw in.fault("no such layout");
    }
    return all[(int) index];
  }

  private Labels readLabels(int position) {
    in.position(position);
    builder.clear();
    for (int pairs = in.count(2); pairs > 0; pairs--) {
      String name = texts.text(in);
      builder.add(name, texts.text(in));
    }
    return builder.build();
  }

  private int[] labelSetPositions() {
    int[] known = labelSetPositions;
    if (known != null) {
      return known;
    }
    in.position(labelSetsStart);
    int[] positions = new int[in.count(1)];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = in.position();
      for (int pairs = in.count(2); pairs > 0; pairs--) {
        in.varint();
        in.varint();
      }
    }
    if (in.position() != layoutsStart) {
      throw in.fault("label sets do not end where they should");
    }
    labelSets = new Labels[positions.length];
    labelSetPositions = positions;
    return positions;
  }

  private MetricLayout[] layouts() {
    MetricLayout[] known = layouts;
    if (known != null) {
      return known;
    }
    in.position(layoutsStart);
    MetricLayout[] read = new MetricLayout[in.count(LEAST_LAYOUT_LENGTH)];
    for (int i = 0; i < read.length; i++) {
      read[i] = readLayout();
    }
    if (in.position() != in.length()) {
      throw in.fault("layouts do not end where they should");
    }
    layouts = read;
    return read;
  }

  private MetricLayout readLayout() {
    MetricKind kind = ShapeLayout.KINDS.get(in.index(ShapeLayout.KINDS.size()));
    long[] bounds = new long[in.count(Long.BYTES)];
    if (bounds.length > 0 && !kind.isBounded()) {
      throw in.fault("bounds of a kind that has none");
    }
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = in.u64();
    }
    return new MetricLayout(kind, bounds);
  }
}
