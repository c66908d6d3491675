package io.silverback.bench;

import io.silverback.cluster.HashRing;
import io.silverback.cluster.Member;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

/** How long does it take to find the owners of a group? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class HashRingBenchmark {
  private static final int GROUPS = 1024;

  @Param({"3", "50"})
  int nodes;

  private final byte[][] keys =
      IntStream.range(0, GROUPS)
          .mapToObj(i -> ("nightly-etl/instance/task-" + i).getBytes(StandardCharsets.UTF_8))
          .toArray(byte[][]::new);
  private HashRing ring = new HashRing(List.of());
  private int next;

  @Setup
  public void join() {
    ring =
        new HashRing(
            IntStream.range(0, nodes)
                .mapToObj(i -> new Member("node-" + i, i, i, "a:1", "a:2", "", false))
                .toList());
  }

  @Benchmark
  public List<Member> owners() {
    next = (next + 1) % GROUPS;
    return ring.owners(HashRing.slotOf(keys[next]));
  }
}
