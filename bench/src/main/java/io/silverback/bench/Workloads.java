package io.silverback.bench;

import io.silverback.codec.model.GroupingKey;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Push bodies as batch jobs and Flink processes send them.
 *
 * <p>Everything comes from one fixed seed: equal arguments give equal bytes on every machine.
 * Bodies of one group differ from round to round in their values only. Thread-safe.
 */
public final class Workloads {
  /** Series in a body of {@link #batchBody}. */
  public static final int BATCH_SERIES = BatchMetric.values().length;

  /** Series in a body of {@link #flinkBody}. */
  public static final int FLINK_SERIES = FlinkWorkload.SERIES;

  private static final long SEED = 0x5117e8bac4L;

  private Workloads() {}

  /** The group of one task of a nightly batch. */
  public static GroupingKey batchKey(int task) {
    return GroupingKey.of("nightly-etl", "instance", "task-%07d".formatted(task));
  }

  /** About 1.6 KB of text: ten series with short labels, each number a new one. */
  public static byte[] batchBody(int round) {
    var random = random("batch", round);
    var text = new StringBuilder(2048);
    for (BatchMetric metric : BatchMetric.values()) {
      String name = "batch_" + metric.name().toLowerCase(Locale.ROOT);
      String type = name.endsWith("_total") ? "counter" : "gauge";
      text.append("# HELP ").append(name).append(' ').append(name.replace('_', ' ')).append(".\n");
      text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
      text.append(name).append("{region=\"eu-west-1\",stage=\"load\"} ");
      text.append(random.nextInt(1_000_000)).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The group of one task manager, whose job name ends in a random suffix. */
  public static GroupingKey flinkKey(int process) {
    return GroupingKey.of("flink-metrics" + identifier("suffix", process));
  }

  /** About 0.7 MB of text: what one task manager with eight operators in eight slots reports. */
  public static byte[] flinkBody(int process, int round) {
    return new FlinkWorkload(process).body(round).getBytes(StandardCharsets.UTF_8);
  }

  /** A stream of its own for everything that has a name and numbers. */
  static SplittableRandom random(String name, int... numbers) {
    long seed = SEED + name.hashCode();
    for (int number : numbers) {
      seed = new SplittableRandom(seed).nextLong() + number;
    }
    return new SplittableRandom(seed);
  }

  /** 32 hexadecimal digits. */
  static String identifier(String name, int... numbers) {
    SplittableRandom random = random(name, numbers);
    return "%016x%016x".formatted(random.nextLong(), random.nextLong());
  }

  private enum BatchMetric {
    DURATION_SECONDS,
    RECORDS_PROCESSED_TOTAL,
    RECORDS_FAILED_TOTAL,
    LAST_SUCCESS_TIMESTAMP_SECONDS,
    BYTES_READ_TOTAL,
    BYTES_WRITTEN_TOTAL,
    RETRIES_TOTAL,
    QUEUE_DEPTH,
    CPU_SECONDS_TOTAL,
    MEMORY_BYTES
  }
}
