package io.silverback.bench;

import io.silverback.server.gzip.GzipPage;
import io.silverback.server.gzip.SegmentCache;
import java.io.IOException;
import java.io.OutputStream;
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

/** How many bytes of a page are deflated in a second, and how many found deflated? */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class GzipPageBenchmark {
  private static final int PIECE_BYTES = 32 * 1024;

  /** What the cache may keep: nothing, or all. */
  @Param({"0", "16777216"})
  long cacheBytes;

  private final byte[] text = Workloads.flinkBody(0, 0);
  private SegmentCache cache = new SegmentCache(0);

  @Setup
  public void prepare() {
    cache = new SegmentCache(cacheBytes);
  }

  @Benchmark
  public void write(TextParserBenchmark.Volume volume) throws IOException {
    try (var page = new GzipPage(OutputStream.nullOutputStream(), cache)) {
      for (int at = 0; at < text.length; at += PIECE_BYTES) {
        page.write(text, at, Math.min(PIECE_BYTES, text.length - at));
      }
    }
    volume.bytes += text.length;
    volume.samples += Workloads.FLINK_SERIES;
  }
}
