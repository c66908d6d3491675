package io.silverback.bench;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.TextRenderer;
import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.FamilyGatherer;
import io.silverback.server.gzip.GzipPage;
import io.silverback.server.gzip.SegmentCache;
import io.silverback.server.storage.Snapshot;
import io.silverback.server.storage.engine.OffHeapMetricStore;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/**
 * Prints what a page of Flink series or of small groups costs to write, without the network: by
 * strings and by the text of labels, in gzip as one stream and in kept pieces, in turns so that the
 * ratios hold on a machine that does other things.
 */
public final class ScrapeCosts {
  private static final int BORDER_BYTES = 16 * 1024;
  private static final int CHUNK_BYTES = 64 * 1024;
  private static final long CACHE_BYTES = 256 << 20;

  private final OffHeapMetricStore store = Stores.inMemory();
  private final int groups;
  private final boolean areSmall;

  private ScrapeCosts(int groups, boolean areSmall) {
    this.groups = groups;
    this.areSmall = areSmall;
  }

  /** Makes a page of what a renderer writes. */
  private interface Page {
    OutputStream open(OutputStream out) throws IOException;
  }

  /**
   * The same family, of which each series becomes a metric.
   *
   * @param family what is stored
   */
  private record ByMetrics(Family family) implements Family {
    @Override
    public String name() {
      return family.name();
    }

    @Override
    public String help() {
      return family.help();
    }

    @Override
    public MetricType type() {
      return family.type();
    }

    @Override
    public String unit() {
      return family.unit();
    }

    @Override
    public void forEachMetric(Consumer<? super Metric> consumer) {
      family.forEachMetric(consumer);
    }
  }

  /**
   * Measures.
   *
   * @param arguments how many groups, how many rounds, and {@code flink} or {@code small}
   */
  public static void main(String[] arguments) throws IOException {
    new ScrapeCosts(Integer.parseInt(arguments[0]), arguments[2].equals("small"))
        .run(Integer.parseInt(arguments[1]));
  }

  private void run(int rounds) throws IOException {
    try (store) {
      push(groups, 0);
      var cache = new SegmentCache(CACHE_BYTES);
      for (int round = 1; round <= rounds; round++) {
        push(groups, round);
        System.out.println("round " + round);
        print("identity, each series by strings", true, out -> out);
        print("identity", false, out -> out);
        print("gzip, one stream", false, out -> new GZIPOutputStream(out, CHUNK_BYTES));
        print("gzip, all changed", false, out -> new GzipPage(out, cache));
        push(Math.max(1, groups / 100), -round);
        print("gzip, 1 % of the groups changed", false, out -> new GzipPage(out, cache));
        print("gzip, nothing changed", false, out -> new GzipPage(out, cache));
      }
    }
  }

  private void push(int count, int round) {
    for (int i = 0; i < count; i++) {
      byte[] body = areSmall ? Workloads.batchBody(round + 31 * i) : Workloads.flinkBody(i, round);
      GroupingKey key = areSmall ? Workloads.batchKey(i) : Workloads.flinkKey(i);
      store.submit(Stores.put(key, body));
    }
  }

  private void print(String what, boolean byMetrics, Page page) throws IOException {
    var counted = new CountedOutput();
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    try (Snapshot snapshot = store.snapshot();
        OutputStream out = page.open(counted)) {
      var families = new FamilyGatherer(List.of(), snapshot.families());
      var renderer = new TextRenderer();
      var buffer = ExpositionBuffer.into(out, BORDER_BYTES, CHUNK_BYTES);
      while (families.hasNext()) {
        Family family = families.next();
        renderer.render(byMetrics ? new ByMetrics(family) : family, buffer);
      }
      buffer.drainTo(out);
    }
    long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
    long series = (long) groups * (areSmall ? Workloads.BATCH_SERIES : Workloads.FLINK_SERIES);
    System.out.printf(
        Locale.ROOT,
        "  %-34s %6.2f us of CPU a series, %4d bytes%n",
        what,
        nanos / 1e3 / series,
        counted.bytes() / series);
  }
}
