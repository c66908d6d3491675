package io.silverback.bench;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextParser;
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

/** How many bytes and samples of a text body are parsed in a second? */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TextParserBenchmark {
  private static final int ROUNDS = 16;

  /** Whose body it is. */
  public enum Workload {
    BATCH(Workloads.BATCH_SERIES),
    FLINK(Workloads.FLINK_SERIES);

    private final int series;

    Workload(int series) {
      this.series = series;
    }

    int series() {
      return series;
    }

    byte[] body(int round) {
      return switch (this) {
        case BATCH -> Workloads.batchBody(round);
        case FLINK -> Workloads.flinkBody(0, round);
      };
    }
  }

  /** Shown beside the operations, in the same unit of time. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Volume {
    public long bytes;
    public long samples;
  }

  @Param Workload workload = Workload.BATCH;

  private final TextParser parser = new TextParser(NameValidation.LEGACY);
  private final byte[][] bodies = new byte[ROUNDS][];
  private int round;

  @Setup
  public void prepare() {
    for (int i = 0; i < ROUNDS; i++) {
      bodies[i] = workload.body(i);
    }
  }

  @Benchmark
  public ParsedExposition parse(Volume volume) {
    // Another round each time, so that no value is ever guessed from the last.
    round = (round + 1) % ROUNDS;
    byte[] body = bodies[round];
    volume.bytes += body.length;
    volume.samples += workload.series();
    return parser.parse(body, body.length);
  }
}
