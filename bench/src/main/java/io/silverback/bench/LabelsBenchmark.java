package io.silverback.bench;

import io.silverback.codec.model.Labels;
import java.util.concurrent.TimeUnit;
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

/** What do the labels of a new series cost: collecting them, sorting them, adding the group's? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LabelsBenchmark {
  /** A batch job's two, an odd number, and a Flink operator's eleven. */
  @Param({"2", "7", "11"})
  int size;

  private final Labels.Builder builder = new Labels.Builder();
  private final Labels group = Workloads.batchKey(1).labels();
  private String[] names = {};
  private String[] values = {};
  private Labels built = Labels.EMPTY;

  @Setup
  public void prepare() {
    names = new String[size];
    values = new String[size];
    for (int i = 0; i < size; i++) {
      // Identifiers come unsorted, as most clients send their labels.
      names[i] = "label_" + Workloads.identifier("name", i);
      values[i] = Workloads.identifier("value", i);
    }
    built = build();
  }

  @Benchmark
  public Labels build() {
    builder.clear();
    for (int i = 0; i < size; i++) {
      builder.add(names[i], values[i]);
    }
    return builder.build();
  }

  @Benchmark
  public Labels overrideByGroup() {
    return built.overriddenBy(group);
  }
}
