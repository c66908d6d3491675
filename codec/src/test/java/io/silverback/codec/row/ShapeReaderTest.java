package io.silverback.codec.row;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.WorkedExample;
import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameChecksum;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.OpaqueFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ShapeReaderTest {
  private static final int MARGIN = 3;

  private final HeapSymbols symbols = new HeapSymbols();

  @Test
  void writesAndReadsTheWorkedExampleOfThePage() {
    GroupingKey key = GroupingKey.of("batch");
    Labels labels = Labels.of("job", "batch", "zone", "a");
    var summary =
        new Metric.Summary(labels, 1, 2, List.of(new Metric.Quantile(0.5, 3)), OpaqueFields.NONE);
    var seconds = new MetricFamily("seconds", "", MetricType.SUMMARY, "s", List.of(summary));
    var rows =
        new MetricFamily(
            "rows",
            "Rows",
            MetricType.GAUGE,
            List.of(new Metric.Gauge(labels, 1), new Metric.Gauge(Labels.of("job", "batch"), 2)));
    GroupShape shape = GroupShape.of(key, List.of(seconds, rows));
    var example = WorkedExample.of("group-shape.md");

    assertArrayEquals(example.bytes(), example.bytesOfHex());
    assertArrayEquals(example.bytes(), encoded(shape));
    assertEquals(shape, decoded(example.bytes()));
  }

  @Property(tries = 500)
  void everyShapeComesBack(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());

    GroupShape again = decoded(encoded(shape));

    assertEquals(shape, again);
    assertEquals(shape.fingerprint(), again.fingerprint());
    assertEquals(shape.columnCount(), again.columnCount());
    assertEquals(shape.metricCount(), again.metricCount());
  }

  @Property(tries = 200)
  void familiesAreDecodedInAnyChoice(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    ShapeReader reader = reader(encoded(shape));
    var choice = new Random(seed);

    for (FamilyShape family : shape.families()) {
      assertTrue(reader.nextFamily());
      assertEquals(family.name(), reader.name());
      assertEquals(family.type(), reader.type());
      assertEquals(family.help(), reader.help());
      assertEquals(family.unit(), reader.unit());
      assertEquals(family.metrics().size(), reader.metricCount());
      assertEquals(family.firstColumn(), reader.firstColumn());
      assertEquals(family.columnCount(), reader.columnCount());
      if (choice.nextBoolean()) {
        assertEquals(family, reader.family());
      }
    }
    assertFalse(reader.nextFamily());
    assertFalse(reader.nextFamily());
  }

  /** One metric after the other tells the same as the whole family. */
  @Property(tries = 200)
  void metricsAreReadOneAtATime(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    ShapeReader reader = reader(encoded(shape));
    var saved = new UnsafeBuffer(new byte[ShapeReader.PLACE_LENGTH]);
    for (FamilyShape family : shape.families()) {
      assertTrue(reader.nextFamily());
      reader.save(saved, 0);
      assertEquals(family.metrics(), metricsOf(reader, family));
      assertEquals(family.metrics(), metricsOf(reader, family));
    }
    if (!shape.families().isEmpty()) {
      ShapeReader other = reader(encoded(shape));
      other.restore(saved, 0);
      assertEquals(
          shape.families().getLast().metrics(), metricsOf(other, shape.families().getLast()));
      assertFalse(other.nextFamily());
      other.restart();
      assertTrue(other.nextFamily());
      assertEquals(shape.families().getFirst(), other.family());
    }
  }

  private static List<MetricShape> metricsOf(ShapeReader reader, FamilyShape family) {
    var metrics = new ArrayList<MetricShape>();
    int column = family.firstColumn();
    reader.rewind();
    while (reader.nextMetric()) {
      MetricLayout layout = reader.layout(reader.layoutPosition());
      assertEquals(family.firstMetric() + metrics.size(), reader.metric());
      assertEquals(column, reader.column());
      column += layout.columnCount();
      int labels = reader.labelsPosition(reader.labelSet());
      metrics.add(new MetricShape(layout, reader.labels(labels)));
    }
    return metrics;
  }

  @Property(tries = 200)
  void labelSetsAreNumberedInTheOrderOfAnExposition(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    ShapeReader reader = reader(encoded(GroupShape.of(group.key(), group.families())));
    for (int set = 1; set < reader.labelSetCount(); set++) {
      int before = reader.labelsPosition(set - 1);
      int here = reader.labelsPosition(set);
      Labels left = reader.labels(before);
      Labels right = reader.labels(here);
      assertTrue(Labels.namesOrder().compare(left, right) < 0);
      boolean sameNames = left.names().equals(right.names());
      assertEquals(sameNames, reader.haveSameNames(before, here));
      if (sameNames) {
        assertTrue(Labels.expositionOrder().compare(left, right) < 0);
      }
      assertEquals(right, walked(reader, here));
    }
  }

  private static Labels walked(ShapeReader reader, int position) {
    var cursor = new LabelSetCursor();
    reader.labels(position, cursor);
    var labels = new Labels.Builder();
    while (cursor.next()) {
      labels.add(new String(cursor.name(), UTF_8), new String(cursor.value(), UTF_8));
    }
    return labels.build();
  }

  /** More label sets than positions are remembered. */
  @Test
  void aLargeTableIsReadInAnyOrder() {
    var metrics = new ArrayList<Metric>();
    for (int i = 0; i < 5_000; i++) {
      metrics.add(new Metric.Gauge(Labels.of("i", "%04d".formatted(i), "job", "j"), i));
    }
    var family = new MetricFamily("m", "", MetricType.GAUGE, metrics);
    ShapeReader reader = reader(encoded(GroupShape.of(GroupingKey.of("j"), List.of(family))));
    var random = new Random(1);
    for (int round = 0; round < 1_000; round++) {
      int set = random.nextInt(5_000);
      for (int next = set; next < Math.min(5_000, set + random.nextInt(20)); next++) {
        assertEquals(
            Labels.of("i", "%04d".formatted(next)), reader.labels(reader.labelsPosition(next)));
      }
    }
    assertThrows(CorruptFrameException.class, () -> reader.labelsPosition(5_000));
  }

  @Test
  void listsEachSymbolOnceSoThatAllCanBeReleased() {
    RandomGroup group = largestOf(20);
    GroupShape shape = GroupShape.of(group.key(), group.families());
    byte[] first = encoded(shape);
    byte[] second = encoded(shape);
    assertArrayEquals(first, second);

    release(first);
    assertEquals(shape, decoded(second));
    release(second);
    assertEquals(0, symbols.size());
    assertThrows(CorruptFrameException.class, () -> decoded(second));
  }

  @Test
  void theTextsOfAFamilyAreLookedUpOnlyWhenAskedFor() {
    RandomGroup group = largestOf(20);
    byte[] bytes = encoded(GroupShape.of(group.key(), group.families()));
    release(bytes);

    ShapeReader reader = reader(bytes);
    int families = 0;
    while (reader.nextFamily()) {
      families++;
    }
    assertEquals(group.families().size(), families);
  }

  @Test
  void eachTruncationAndEachFlippedBitIsCorrupt() {
    RandomGroup group = largestOf(20);
    byte[] bytes = encoded(GroupShape.of(group.key(), group.families()));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThrows(CorruptFrameException.class, () -> decoded(cut));
    }
    for (int bit = 0; bit < Byte.SIZE * bytes.length; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
      assertThrows(CorruptFrameException.class, () -> decoded(flipped), "bit=" + bit);
    }
  }

  /** Damage that the checksum does not show must not lead outside the bytes either. */
  @Property(tries = 300)
  void damageUnderAValidChecksumIsCorruptAtTheWorst(@ForAll long seed) {
    RandomGroup group = RandomGroup.of(seed);
    byte[] bytes = encoded(GroupShape.of(group.key(), group.families()));
    var random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      byte[] damaged = bytes.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged[random.nextInt(2, bytes.length - 4)] = (byte) random.nextInt();
      }
      FrameChecksum.put(new UnsafeBuffer(damaged), 0, damaged.length - 4);
      assertReadOrCorrupt(damaged);
    }
  }

  @Test
  void aTamperedShapeDoesNotHaveItsFingerprint() {
    var gauge = new Metric.Gauge(Labels.of("job", "j"), 1);
    var family = new MetricFamily("a", "", MetricType.GAUGE, List.of(gauge));
    byte[] bytes = encoded(GroupShape.of(GroupingKey.of("j"), List.of(family)));
    long other = symbols.acquire("b");
    var buffer = new UnsafeBuffer(bytes);
    buffer.putLong(ShapeLayout.SYMBOLS_OFFSET, other, LITTLE_ENDIAN);
    FrameChecksum.put(buffer, 0, bytes.length - 4);

    var fault = assertThrows(CorruptFrameException.class, () -> decoded(bytes));
    assertTrue(String.valueOf(fault.getMessage()).contains("fingerprint"));
  }

  private void assertReadOrCorrupt(byte[] bytes) {
    try {
      ShapeReader reader = reader(bytes);
      while (reader.nextFamily()) {
        reader.family();
      }
    } catch (CorruptFrameException _) {
      // As it should be.
    }
    try {
      ShapeReader reader = reader(bytes);
      while (reader.nextFamily()) {
        while (reader.nextMetric()) {
          walked(reader, reader.labelsPosition(reader.labelSet()));
          reader.layout(reader.layoutPosition());
        }
      }
    } catch (CorruptFrameException _) {
      // As it should be.
    }
    try {
      decoded(bytes);
    } catch (CorruptFrameException _) {
      // As it should be.
    }
  }

  private void release(byte[] bytes) {
    ShapeReader reader = reader(bytes);
    var ids = new ArrayList<Long>();
    for (int i = 0; i < reader.symbolCount(); i++) {
      ids.add(reader.symbolId(i));
    }
    assertEquals(ids.stream().distinct().toList(), ids);
    ids.forEach(symbols::release);
  }

  private byte[] encoded(GroupShape shape) {
    var buffer = new ExpandableArrayBuffer(1);
    int length = shape.encode(symbols, buffer, MARGIN);
    return Arrays.copyOfRange(buffer.byteArray(), MARGIN, MARGIN + length);
  }

  private GroupShape decoded(byte[] bytes) {
    return GroupShape.decode(symbols, inTheMiddle(bytes), MARGIN, bytes.length);
  }

  private ShapeReader reader(byte[] bytes) {
    return new ShapeReader(symbols, inTheMiddle(bytes), MARGIN, bytes.length);
  }

  private static UnsafeBuffer inTheMiddle(byte[] bytes) {
    byte[] padded = new byte[bytes.length + 2 * MARGIN];
    Arrays.fill(padded, (byte) 0xff);
    System.arraycopy(bytes, 0, padded, MARGIN, bytes.length);
    return new UnsafeBuffer(padded);
  }

  private static RandomGroup largestOf(int count) {
    RandomGroup largest = RandomGroup.of(0);
    for (int seed = 1; seed < count; seed++) {
      RandomGroup group = RandomGroup.of(seed);
      largest = group.families().size() > largest.families().size() ? group : largest;
    }
    return largest;
  }
}
