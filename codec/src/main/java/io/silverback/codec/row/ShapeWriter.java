package io.silverback.codec.row;

import static io.silverback.codec.row.ShapeLayout.*;

import io.silverback.codec.bytes.FrameOutput;
import io.silverback.codec.model.Labels;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.agrona.MutableDirectBuffer;

/**
 * Writes one shape: its texts, label sets and layouts once each, and families that refer to them.
 */
final class ShapeWriter {
  private final Symbols symbols;
  private final GroupShape shape;
  private final Map<String, Integer> texts = new LinkedHashMap<>();
  private final Map<Labels, Integer> labelSets;
  private final Map<MetricLayout, Integer> layouts = new LinkedHashMap<>();

  ShapeWriter(Symbols symbols, GroupShape shape) {
    this.symbols = symbols;
    this.shape = shape;
    texts.put("", EMPTY_TEXT);
    var sets = new LinkedHashSet<Labels>();
    for (FamilyShape family : shape.families()) {
      number(family.name(), texts);
      number(family.help(), texts);
      number(family.unit(), texts);
      for (MetricShape metric : family.metrics()) {
        number(metric.layout(), layouts);
        if (sets.add(metric.labels())) {
          addTexts(metric.labels());
        }
      }
    }
    labelSets = inOrder(sets);
  }

  /** Numbered in the order that spares a scrape from sorting. */
  private static Map<Labels, Integer> inOrder(Set<Labels> sets) {
    Labels[] sorted = sets.toArray(Labels[]::new);
    Arrays.sort(sorted, Labels.namesOrder());
    Map<Labels, Integer> numbers = LinkedHashMap.newLinkedHashMap(sorted.length);
    for (Labels labels : sorted) {
      number(labels, numbers);
    }
    return numbers;
  }

  /** Writes everything and returns the length in bytes. */
  int write(MutableDirectBuffer buffer, int offset) {
    var out = new FrameOutput(buffer, offset);
    out.u8(FORMAT);
    out.u8(VERSION);
    out.fingerprint(shape.fingerprint());
    out.u32(shape.columnCount());
    out.u32(shape.families().size());
    out.u32(0);
    out.u32(0);
    out.u32(texts.size() - 1);
    for (String text : texts.keySet()) {
      if (!text.isEmpty()) {
        out.u64(symbols.acquire(text));
      }
    }
    shape.families().forEach(family -> write(family, out));
    out.u32At(LABEL_SETS_OFFSET, out.position());
    out.varint(labelSets.size());
    labelSets.keySet().forEach(labels -> write(labels, out));
    out.u32At(LAYOUTS_OFFSET, out.position());
    out.varint(layouts.size());
    layouts.keySet().forEach(layout -> write(layout, out));
    return out.finish();
  }

  private void write(FamilyShape family, FrameOutput out) {
    int start = out.position();
    out.u32(0);
    out.varint(index(family.name(), texts));
    out.varint(index(family.help(), texts));
    out.varint(index(family.unit(), texts));
    out.u8(TYPES.indexOf(family.type()));
    out.varint(family.metrics().size());
    out.varint(family.columnCount());
    int expectedSet = 0;
    int layout = 0;
    for (MetricShape metric : family.metrics()) {
      int set = index(metric.labels(), labelSets);
      int ownLayout = index(metric.layout(), layouts);
      boolean differs = ownLayout != layout;
      out.varint(zigZag(set - expectedSet) << LAYOUT_FLAG_BITS | (differs ? LAYOUT_FLAG : 0));
      if (differs) {
        out.varint(ownLayout);
      }
      expectedSet = set + 1;
      layout = ownLayout;
    }
    out.u32At(start, out.position() - start - Integer.BYTES);
  }

  private void write(Labels labels, FrameOutput out) {
    out.varint(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      out.varint(index(labels.name(i), texts));
      out.varint(index(labels.value(i), texts));
    }
  }

  private static void write(MetricLayout layout, FrameOutput out) {
    out.u8(layout.kind().number());
    out.varint(layout.boundCount());
    for (int i = 0; i < layout.boundCount(); i++) {
      out.u64(layout.boundBits(i));
    }
  }

  private void addTexts(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      number(labels.name(i), texts);
      number(labels.value(i), texts);
    }
  }

  /** Gives a thing the next number, unless it has one. */
  private static <T> void number(T thing, Map<T, Integer> numbers) {
    numbers.putIfAbsent(thing, numbers.size());
  }

  private static <T> int index(T thing, Map<T, Integer> numbers) {
    Integer index = numbers.get(thing);
    if (index == null) {
      throw new IllegalStateException("not numbered: thing=" + thing);
    }
    return index;
  }
}
