package io.silverback.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How many points are encoded and decoded in a second? */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class HistoryCodecBenchmark {
  private static final int ROWS = 120;
  private static final int COLUMNS = 64;

  /** Who encodes. */
  public enum Encoding {
    ROW_PAGE,
    COLUMN_PAGE,
    PROMETHEUS_XOR_CHUNK,
    COMPRESSION_GORILLA,
    ARRAY_COPY;

    PointCodec codec(SampleTable table) {
      return switch (this) {
        case ROW_PAGE -> new PointCodec.RowPages(table);
        case COLUMN_PAGE -> new PointCodec.ColumnPages(table);
        case PROMETHEUS_XOR_CHUNK -> new PointCodec.PrometheusChunks(table);
        case COMPRESSION_GORILLA -> new PointCodec.GorillaBlocks(table);
        case ARRAY_COPY -> new PointCodec.ArrayCopy(table);
      };
    }
  }

  /** Shown beside the operations, in the same unit of time. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Points {
    public long points;
  }

  @Param public Encoding encoding = Encoding.ROW_PAGE;

  @Param({"CONSTANT", "COUNTER", "DECIMALS", "RANDOM", "FLINK"})
  public SamplePattern pattern = SamplePattern.FLINK;

  private PointCodec codec = new PointCodec.ArrayCopy(table(SamplePattern.CONSTANT));

  @Setup
  public void encodeOnce() {
    codec = encoding.codec(table(pattern));
    codec.encode();
  }

  @Benchmark
  public long encode(Points points) {
    points.points += ROWS * COLUMNS;
    return codec.encode();
  }

  @Benchmark
  public long decode(Points points) {
    points.points += ROWS * COLUMNS;
    return codec.decode();
  }

  private static SampleTable table(SamplePattern pattern) {
    return new SampleTable(pattern, ROWS, COLUMNS, 10_000, 5);
  }
}
