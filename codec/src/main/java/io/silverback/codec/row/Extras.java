package io.silverback.codec.row;

import io.silverback.codec.bytes.CorruptFrameException;
import io.silverback.codec.bytes.FrameInput;
import io.silverback.codec.bytes.FrameOutput;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The metrics of a group that say more than columns can (exemplars, float counts, native buckets),
 * each as a protobuf message of its own without labels, found by its place among all metrics of the
 * group. Immutable; messages are parsed when asked for.
 */
public final class Extras {
  public static final Extras NONE = new Extras(new int[0], new byte[0][]);

  /** A message must have a name, which nobody reads. */
  private static final String FAMILY_NAME = "x";

  private static final int MAX_VARINT_LENGTH = 5;

  /** Tag and length of a family's message, and what it holds at the least. */
  static final int LEAST_LENGTH = 2;

  private final int[] metrics;
  private final byte[][] messages;

  private Extras(int[] metrics, byte[][] messages) {
    this.metrics = metrics;
    this.messages = messages;
  }

  /** Those of all families of a group. */
  public static Extras of(Collection<MetricFamily> families) {
    var messages = new TreeMap<Integer, byte[]>();
    int metricIndex = 0;
    for (MetricFamily family : GroupShape.inNameOrder(families)) {
      for (Metric metric : family.metrics()) {
        if (needsExtra(metric)) {
          messages.put(metricIndex, message(metric));
        }
        metricIndex++;
      }
    }
    if (messages.isEmpty()) {
      return NONE;
    }
    return new Extras(
        messages.keySet().stream().mapToInt(Integer::intValue).toArray(),
        messages.values().toArray(byte[][]::new));
  }

  public boolean isEmpty() {
    return metrics.length == 0;
  }

  /** Their messages, in the order of their metrics, which nobody may write to. */
  byte[][] messages() {
    return messages;
  }

  /** What takes the place of a message. */
  @FunctionalInterface
  interface Other {
    byte[] of(int index, byte[] message);
  }

  /** Those of the same metrics with other messages. */
  Extras withMessages(Other other) {
    byte[][] others = new byte[messages.length][];
    for (int i = 0; i < others.length; i++) {
      others[i] = other.of(i, messages[i]);
    }
    return new Extras(metrics, others);
  }

  /** As a frame has them. */
  public byte[] toBytes() {
    var bytes = new ExpandableArrayBuffer();
    var out = new FrameOutput(bytes, 0);
    write(out);
    return Arrays.copyOf(bytes.byteArray(), out.position());
  }

  /**
   * Those that {@link #toBytes} made bytes of.
   *
   * @throws CorruptFrameException if the bytes are something else
   */
  public static Extras ofBytes(byte[] bytes) {
    var in = new FrameInput(new UnsafeBuffer(bytes), 0, bytes.length);
    Extras extras = read(in);
    if (in.position() < bytes.length) {
      throw in.fault("extras are followed by something");
    }
    return extras;
  }

  /** How many bytes they take in a frame at most. */
  public long lengthBytes() {
    long length = MAX_VARINT_LENGTH;
    for (byte[] message : messages) {
      length += 2 * MAX_VARINT_LENGTH + message.length;
    }
    return length;
  }

  /**
   * The metric at that place without its labels, if it has an extra.
   *
   * @throws CorruptFrameException if the message is not one metric of that layout
   */
  Optional<Metric> of(int metricIndex, MetricLayout layout) {
    int at = isEmpty() ? -1 : Arrays.binarySearch(metrics, metricIndex);
    if (at < 0) {
      return Optional.empty();
    }
    return Optional.of(metric(messages[at], metricIndex, layout));
  }

  /** The metric of a message, without its labels. */
  static Metric metric(byte[] message, int metricIndex, MetricLayout layout) {
    Metric metric = parse(message, metricIndex);
    if (!MetricLayout.of(metric).equals(layout)) {
      throw new CorruptFrameException("extra has another layout: metric=" + metricIndex);
    }
    return metric;
  }

  void write(FrameOutput out) {
    out.varint(metrics.length);
    int expected = 0;
    for (int i = 0; i < metrics.length; i++) {
      out.varint(metrics[i] - expected);
      out.varint(messages[i].length);
      out.bytes(messages[i]);
      expected = metrics[i] + 1;
    }
  }

  static Extras read(FrameInput in) {
    int count = in.count(LEAST_LENGTH);
    if (count == 0) {
      return NONE;
    }
    int[] metrics = new int[count];
    byte[][] messages = new byte[count][];
    int expected = 0;
    for (int i = 0; i < count; i++) {
      metrics[i] = expected + in.index(Integer.MAX_VALUE - expected);
      messages[i] = in.bytes(in.count(1));
      expected = metrics[i] + 1;
    }
    return new Extras(metrics, messages);
  }

  private static boolean needsExtra(Metric metric) {
    return switch (metric) {
      case Metric.Counter counter -> !counter.opaque().isEmpty();
      case Metric.Summary summary ->
          !summary.opaque().isEmpty() || !MetricLayout.isExact(summary.count());
      case Metric.Histogram histogram ->
          isSet(histogram.countFloat())
              || !MetricLayout.isExact(histogram.count())
              || !histogram.opaque().isEmpty()
              || !histogram.nativeBuckets().equals(NativeBuckets.NONE)
              || histogram.buckets().stream().anyMatch(Extras::needsExtra);
      case Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ -> false;
    };
  }

  private static boolean needsExtra(Metric.Bucket bucket) {
    return isSet(bucket.cumulativeCountFloat())
        || !MetricLayout.isExact(bucket.cumulativeCount())
        || !bucket.opaque().isEmpty();
  }

  private static boolean isSet(double countFloat) {
    return Double.doubleToRawLongBits(countFloat) != 0;
  }

  private static byte[] message(Metric metric) {
    // The type only says which of several values counts, and there is one.
    var family =
        new MetricFamily(
            FAMILY_NAME, "", MetricType.COUNTER, List.of(metric.withLabels(Labels.EMPTY)));
    var out = new ExpositionBuffer(256);
    new ProtobufRenderer().render(family, out);
    return out.toByteArray();
  }

  private static Metric parse(byte[] message, int metricIndex) {
    try {
      List<MetricFamily> families = new ProtobufParser().parse(message, message.length).families();
      if (families.size() == 1 && families.getFirst().metrics().size() == 1) {
        return families.getFirst().metrics().getFirst();
      }
    } catch (MalformedExpositionException _) {
      // Rethrown below: to the reader of a frame it makes no difference how a message is broken.
    }
    throw new CorruptFrameException("extra is not one metric: metric=" + metricIndex);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Extras extras
        && Arrays.equals(metrics, extras.metrics)
        && Arrays.deepEquals(messages, extras.messages);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(metrics) + Arrays.deepHashCode(messages);
  }

  @Override
  public String toString() {
    return "Extras[metrics=" + Arrays.toString(metrics) + "]";
  }
}
