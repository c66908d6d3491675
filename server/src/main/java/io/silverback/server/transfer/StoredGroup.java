package io.silverback.server.transfer;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.server.group.PushTimes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A group as a server told it. Times are in seconds since the epoch.
 *
 * @param families without those of the push times
 * @param pushSeconds when the last push was taken, 0 for never
 * @param failureSeconds when the last push was refused, 0 for never
 * @param fault why the group cannot be moved; empty if it can
 */
record StoredGroup(
    GroupingKey key,
    List<WrittenFamily> families,
    double pushSeconds,
    double failureSeconds,
    Optional<String> fault) {
  /** The media type of the bodies. */
  static final String CONTENT_TYPE =
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

  private static final ProtobufRenderer RENDERER = new ProtobufRenderer();
  private static final int FIRST_CAPACITY = 4096;

  StoredGroup {
    families = List.copyOf(families);
  }

  /** A family, and when the push was that wrote it. */
  record WrittenFamily(MetricFamily family, double seconds) {}

  /** The group as the body of a push. */
  byte[] pushed() {
    return rendered(families.stream().map(WrittenFamily::family).toList());
  }

  /** The group as the body of a restore, with all times. */
  byte[] restored() {
    var body = new ArrayList<MetricFamily>();
    var successes = new ArrayList<Metric>();
    successes.add(new Metric.Gauge(Labels.EMPTY, pushSeconds));
    for (WrittenFamily written : families) {
      body.add(written.family());
      Labels name = Labels.of("family", written.family().name());
      successes.add(new Metric.Gauge(name, written.seconds()));
    }
    body.add(times(PushTimes.SUCCESS, successes));
    body.add(times(PushTimes.FAILURE, List.of(new Metric.Gauge(Labels.EMPTY, failureSeconds))));
    return rendered(body);
  }

  private static MetricFamily times(String name, List<Metric> metrics) {
    return new MetricFamily(name, "", MetricType.GAUGE, metrics);
  }

  private static byte[] rendered(List<MetricFamily> families) {
    var out = new ExpositionBuffer(FIRST_CAPACITY);
    families.forEach(family -> RENDERER.render(family, out));
    return out.toByteArray();
  }
}
