package io.silverback.server.pushgateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.group.PushTimes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The groups that a Pushgateway keeps at its {@code --persistence.file}, with the times of their
 * pushes. Layout: docs/formats/pushgateway-file.md. Not thread-safe.
 */
final class PushgatewayFile {
  private static final String TYPE = "GroupingKeyToMetricGroup";
  private static final int HEAD_BYTES = 256;
  private static final int TIME_BYTES = 15;
  private static final long SECONDS_FROM_YEAR_1_TO_1970 = 62_135_596_800L;

  private final Path path;
  private final LongSupplier wallMillis;
  private final ProtobufParser parser = new ProtobufParser();

  /**
   * A file that is read when asked.
   *
   * @param wallMillis the wall clock: what is still to come was now
   */
  PushgatewayFile(Path path, LongSupplier wallMillis) {
    this.path = path;
    this.wallMillis = wallMillis;
  }

  /** True for a file that begins as one of a Pushgateway does. */
  static boolean isOne(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(path)) {
      return new String(in.readNBytes(HEAD_BYTES), ISO_8859_1).contains(TYPE);
    }
  }

  /**
   * Hands each group to the consumer as what restores it.
   *
   * @throws MalformedFileException if the file is not whole; the consumer then got a part
   */
  void read(Consumer<GroupUpdate.Restore> groups) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      read(file, Files.size(path), groups);
    }
  }

  void read(InputStream file, long length, Consumer<GroupUpdate.Restore> groups)
      throws IOException {
    var in = new GobInput(file, length);
    new GobReader(in).readMap(TYPE, entry -> group(in, entry).ifPresent(groups));
  }

  /** Empty for a group that nobody has ever pushed to, which a Pushgateway does not show. */
  private Optional<GroupUpdate.Restore> group(GobInput in, GobReader.Entry entry)
      throws IOException {
    Map<?, ?> group = struct(in, entry.value());
    GroupingKey key = key(in, group.get("Labels"));
    var families = new ArrayList<MetricFamily>();
    var times = new HashMap<String, Long>();
    long push = 0;
    long failure = 0;
    for (GobReader.Entry each : entries(in, group.get("Metrics"))) {
      Map<?, ?> stamped = struct(in, each.value());
      long written = millis(in, stamped.get("Timestamp"));
      for (MetricFamily family : families(in, stamped.get("GobbableMetricFamily"))) {
        switch (family.name()) {
          case PushTimes.SUCCESS -> push = pushTime(family);
          case PushTimes.FAILURE -> failure = pushTime(family);
          default -> {
            families.add(family);
            times.put(family.name(), written);
          }
        }
      }
    }
    if (push == 0 && failure == 0) {
      push = times.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }
    return push == 0 && failure == 0
        ? Optional.empty()
        : Optional.of(
            new GroupUpdate.Restore(
                key, new ParsedExposition(families, false), push, failure, times));
  }

  private static Map<?, ?> struct(GobInput in, @Nullable Object value)
      throws MalformedFileException {
    if (value instanceof Map<?, ?> fields) {
      return fields;
    }
    throw in.malformed("a group is no struct");
  }

  private static List<GobReader.Entry> entries(GobInput in, @Nullable Object value)
      throws MalformedFileException {
    var entries = new ArrayList<GobReader.Entry>();
    if (value instanceof List<?> list) {
      for (Object each : list) {
        if (!(each instanceof GobReader.Entry entry)) {
          throw in.malformed("a group holds no map");
        }
        entries.add(entry);
      }
    } else if (value != null) {
      throw in.malformed("a group holds no map");
    }
    return entries;
  }

  private static GroupingKey key(GobInput in, @Nullable Object value)
      throws MalformedFileException {
    var labels = new HashMap<String, String>();
    for (GobReader.Entry each : entries(in, value)) {
      labels.put(String.valueOf(each.key()), String.valueOf(each.value()));
    }
    try {
      return new GroupingKey(Labels.of(labels));
    } catch (IllegalArgumentException e) {
      throw in.malformed("a group has no grouping key: " + e.getMessage());
    }
  }

  /** A message of its own, which the parser reads as one of several. */
  private List<MetricFamily> families(GobInput in, @Nullable Object value)
      throws MalformedFileException {
    if (!(value instanceof byte[] message)) {
      return List.of();
    }
    var delimited = new ByteArrayOutputStream();
    int length = message.length;
    while (length > 0x7f) {
      delimited.write((length & 0x7f) | 0x80);
      length >>>= 7;
    }
    delimited.write(length);
    delimited.writeBytes(message);
    try {
      return parser.parse(delimited.toByteArray(), delimited.size()).families();
    } catch (MalformedExpositionException e) {
      throw in.malformed("a family cannot be read: " + e.getMessage());
    }
  }

  private long pushTime(MetricFamily family) {
    double[] seconds = {0};
    family.forEachMetric(
        metric -> seconds[0] = metric instanceof Metric.Gauge gauge ? gauge.value() : 0);
    return bounded((long) Math.floor(seconds[0] * 1e3));
  }

  /** As Go's {@code time.Time} encodes itself: a version, seconds since the year 1, nanoseconds. */
  private long millis(GobInput in, @Nullable Object value) throws MalformedFileException {
    if (!(value instanceof byte[] time) || time.length < TIME_BYTES) {
      throw in.malformed("a family does not say when it was pushed");
    }
    var bytes = ByteBuffer.wrap(time, 1, time.length - 1);
    long seconds = bytes.getLong() - SECONDS_FROM_YEAR_1_TO_1970;
    return bounded(seconds * 1000 + bytes.getInt() / 1_000_000);
  }

  private long bounded(long millis) {
    return Math.clamp(millis, 0, wallMillis.getAsLong());
  }
}
