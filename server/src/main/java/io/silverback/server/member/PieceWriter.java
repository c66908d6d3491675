package io.silverback.server.member;

import io.silverback.codec.bytes.ByteOutput;
import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.server.group.HeldFamily;
import io.silverback.server.storage.maps.GroupKeys;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes families as records, in pieces of a bounded length, for a {@link PieceReader} at another
 * server. Layout: {@code docs/formats/server-questions.md}. Not thread-safe.
 */
final class PieceWriter {
  static final int HEAD = 1;
  static final int SECTION = 2;
  static final int METRICS = 3;

  /** The family is whole, and the reader may still ask for it again. */
  static final int PAUSE = 4;

  static final int END = 5;

  /** Name of the messages that metrics travel in: that of the family is in its head, once. */
  private static final String ANY_NAME = "m";

  /** Metrics are parsed that many at a time, about; a bucket counts like a metric. */
  private static final int BATCH_WEIGHT = 512;

  private static final int TYPICAL_BATCH_BYTES = 16 * 1024;

  private final Pieces.Sink sink;
  private final Pieces pieces;
  private final ProtobufRenderer renderer = new ProtobufRenderer();
  private final ExpositionBuffer buffer = new ExpositionBuffer(TYPICAL_BATCH_BYTES);

  /** The reader needs the current family once more. Has no stack trace. */
  static final class AgainException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AgainException() {
      super("again", null, false, false);
    }
  }

  PieceWriter(Pieces.Sink sink) {
    this.sink = sink;
    this.pieces = new Pieces(sink);
  }

  /** Writes all of them, and the end. */
  void write(Iterable<HeldFamily> families) {
    for (HeldFamily family : families) {
      while (!tryWrite(family)) {
        // What was not sent is of this family: the reader has its head already.
        pieces.drop();
      }
    }
    pieces.add(new ByteOutput().u8(END).finish());
    pieces.flush();
  }

  private boolean tryWrite(HeldFamily family) {
    try {
      int before = pieces.count();
      write(family);
      if (pieces.count() > before) {
        pieces.add(new ByteOutput().u8(PAUSE).finish());
        pieces.flush();
        sink.pause();
      }
      return true;
    } catch (AgainException _) {
      return false;
    }
  }

  private void write(HeldFamily family) {
    Map<MetricType, Said> said = said(family);
    pieces.add(head(family, said));
    var written = new ArrayList<MetricType>();
    for (MetricType type : said.keySet()) {
      if (written.stream().noneMatch(type::sameShapeAs)) {
        written.add(type);
        pieces.add(new ByteOutput().u8(SECTION).text(type.name()).finish());
        var batch = new Batch(type);
        family.forEachMetric(type, batch::add);
        batch.flush();
      }
    }
  }

  /** What all holders say together; as many as there are types, whatever was pushed. */
  private static final class Said {
    private final String help;
    private String otherHelp;
    private long metrics;

    private Said(String help) {
      this.help = help;
      this.otherHelp = help;
    }
  }

  private static Map<MetricType, Said> said(HeldFamily family) {
    var said = new LinkedHashMap<MetricType, Said>();
    family.forEachHead(
        (type, help, groups, metrics) -> {
          Said same = said.computeIfAbsent(type, _ -> new Said(help));
          same.metrics += (long) groups * metrics;
          if (!help.equals(same.help)) {
            same.otherHelp = help;
          }
        });
    return said;
  }

  private static byte[] head(HeldFamily family, Map<MetricType, Said> said) {
    var out =
        new ByteOutput()
            .u8(HEAD)
            .text(family.name())
            .text(family.type().name())
            .text(family.help())
            .text(family.unit())
            .bytes(GroupKeys.encode(family.smallestKey()))
            .u32(said.size());
    said.forEach(
        (type, all) -> out.text(type.name()).u64(all.metrics).text(all.help).text(all.otherHelp));
    return out.finish();
  }

  /** Some metrics of a section. */
  private final class Batch {
    private final MetricType type;
    private final List<Metric> metrics = new ArrayList<>();
    private int weight;

    private Batch(MetricType type) {
      this.type = type;
    }

    private void add(Metric metric) {
      metrics.add(metric);
      weight += weightOf(metric);
      if (weight >= BATCH_WEIGHT) {
        flush();
      }
    }

    private void flush() {
      if (metrics.isEmpty()) {
        return;
      }
      buffer.put(METRICS);
      renderer.render(new MetricFamily(ANY_NAME, "", type, metrics), buffer);
      byte[] record = buffer.toByteArray();
      buffer.clear();
      metrics.clear();
      weight = 0;
      pieces.add(record);
    }
  }

  private static int weightOf(Metric metric) {
    return switch (metric) {
      case Metric.Histogram histogram -> {
        NativeBuckets exact = histogram.nativeBuckets();
        yield 1
            + histogram.buckets().size()
            + exact.positiveDeltas().size()
            + exact.negativeDeltas().size()
            + exact.positiveCounts().size()
            + exact.negativeCounts().size();
      }
      case Metric.Summary summary -> 1 + summary.quantiles().size();
      case Metric.Counter _, Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ -> 1;
    };
  }
}
