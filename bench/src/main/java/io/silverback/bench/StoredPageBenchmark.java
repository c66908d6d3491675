package io.silverback.bench;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.TextRenderer;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.util.List;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How many bytes and samples of a page of stored groups become text in a second? */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class StoredPageBenchmark {
  private static final int SERIES = 16_000;
  private static final int CHUNK_BYTES = 64 * 1024;

  @Param TextParserBenchmark.Workload workload = TextParserBenchmark.Workload.BATCH;

  private final OffHeapMetricStore store = Stores.inMemory();
  private final TextRenderer renderer = new TextRenderer();

  @Setup
  public void fill() {
    for (int i = 0; i < SERIES / workload.series(); i++) {
      store.submit(
          switch (workload) {
            case BATCH -> Stores.put(Workloads.batchKey(i), Workloads.batchBody(i));
            case FLINK -> Stores.put(Workloads.flinkKey(i), Workloads.flinkBody(i, 0));
          });
    }
  }

  @TearDown
  public void close() {
    store.close();
  }

  @Benchmark
  public void write(TextParserBenchmark.Volume volume) throws Exception {
    var counted = new CountedOutput();
    try (Snapshot snapshot = store.snapshot()) {
      var families = new FamilyGatherer(List.of(), snapshot.families());
      ExpositionBuffer buffer = ExpositionBuffer.into(counted, CHUNK_BYTES, CHUNK_BYTES);
      while (families.hasNext()) {
        renderer.render(families.next(), buffer);
      }
      buffer.drainTo(counted);
      volume.samples += (long) snapshot.size() * workload.series();
    }
    volume.bytes += counted.bytes();
  }
}
