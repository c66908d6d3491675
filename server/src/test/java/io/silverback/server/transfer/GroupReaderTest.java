package io.silverback.server.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.ExpositionBuffer;
import io.silverback.codec.exposition.ProtobufRenderer;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GroupReaderTest {
  private static final Labels LABELS = Labels.of("instance", "", "job", "j");
  private static final String TIMES =
      """
      "push_time_seconds":{"time_stamp":"2026-11-21T22:21:10.086297178+01:00","type":"GAUGE",
        "metrics":[{"labels":{"instance":"","job":"j"},"value":"1.795296070086297e+09"}]}
      """;

  @Test
  void readsNumbersOfEverySpelling() throws IOException {
    StoredGroup group =
        group(
            """
            "labels":{"job":"j"},
            "h":{"time_stamp":"2026-11-21T21:21:10.5Z","type":"HISTOGRAM","help":"H","metrics":[
              {"buckets":{"+Inf":"18446744073709551615","10":"7","2.5":"0.5"},"count":"1e+06",
               "labels":{"instance":"","job":"j"},"sum":"NaN"}]},
            "last_push_successful":true,"empty":{"time_stamp":"2026-11-21T21:21:10Z",
              "type":"SUMMARY","metrics":[]},
            """);

    var histogram =
        new Metric.Histogram(
            LABELS,
            List.of(
                new Bucket(2.5, 0, 0.5, OpaqueFields.NONE),
                new Bucket(10, 7),
                new Bucket(Double.POSITIVE_INFINITY, -1)),
            0,
            1e6,
            Double.NaN,
            NativeBuckets.NONE,
            OpaqueFields.NONE);
    assertEquals(GroupingKey.of("j"), group.key());
    assertEquals(
        new MetricFamily("h", "H", MetricType.HISTOGRAM, List.of(histogram)), family(group, "h"));
    assertEquals(List.of(), family(group, "empty").metrics());
    assertEquals(1.795296070086297e9, group.pushSeconds());
    assertEquals(0, group.failureSeconds());
    assertEquals(
        1795296070.5,
        group.families().stream()
            .filter(written -> written.family().name().equals("h"))
            .findFirst()
            .orElseThrow()
            .seconds());
  }

  @Test
  void aFamilyCalledLabelsHidesTheKeyWhichThePushTimeTells() throws IOException {
    StoredGroup group =
        group(
            """
            "labels":{"time_stamp":"2026-11-21T21:21:10Z","type":"UNTYPED",
              "metrics":[{"labels":{"instance":"","job":"j"},"value":"1"}]},
            """);

    assertEquals(GroupingKey.of("j"), group.key());
    assertEquals(List.of(new Metric.Untyped(LABELS, 1)), family(group, "labels").metrics());
  }

  @Test
  void whatJsonDoesNotTellComesFromTheScrapePage() throws IOException {
    Metric exact = nativeHistogram(3);
    var metrics = new ExactMetrics(1);
    metrics.read(page(exact));

    StoredGroup same = group(nativeJson("3"), metrics);
    StoredGroup changed = group(nativeJson("4"), metrics);

    assertEquals(List.of(exact), family(same, "n").metrics());
    assertTrue(same.fault().isEmpty());
    assertTrue(changed.fault().orElseThrow().contains("family=n"), changed.fault()::toString);
    assertTrue(group(nativeJson("3"), new ExactMetrics(1)).fault().isPresent());
  }

  @Test
  void noMoreThanAskedForIsKeptOfTheScrapePage() throws IOException {
    var metrics = new ExactMetrics(0);
    metrics.read(page(nativeHistogram(3)));

    assertTrue(!metrics.isWhole());
    assertTrue(group(nativeJson("3"), metrics).fault().isPresent());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"data\":{}}",
        "<html>",
        "{\"status\":\"success\",\"data\":[{\"labels\":{\"job\":\"j\"}}",
        "{\"status\":\"success\",\"data\":[{\"labels\":{\"instance\":\"j\"}}]}",
        "{\"status\":\"success\",\"data\":[{}]}",
        "{\"status\":\"success\",\"data\":[{\"labels\":{\"job\":\"j\"},\"a\":{\"type\":\"GAUGE\","
            + "\"time_stamp\":\"2026-11-21T21:21:10Z\",\"metrics\":[{\"value\":\"x\"}]}}]}",
        "{\"status\":\"success\",\"data\":[{\"labels\":{\"job\":\"j\"},\"a\":{\"type\":\"GAUGE\","
            + "\"time_stamp\":\"yesterday\",\"metrics\":[]}}]}"
      })
  void whatIsNoListOfGroupsIsToldSo(String answer) {
    assertThrows(MalformedAnswerException.class, () -> read(answer, new ExactMetrics(0)));
  }

  private static Metric nativeHistogram(long count) {
    var buckets =
        new NativeBuckets(
            2,
            0.001,
            1,
            0,
            List.of(),
            List.of(),
            List.of(),
            List.of(new NativeBuckets.Span(0, 1)),
            List.of(2L),
            List.of());
    return new Metric.Histogram(LABELS, List.of(), count, 0, 5, buckets, OpaqueFields.NONE);
  }

  private static String nativeJson(String count) {
    return """
    "labels":{"job":"j"},"n":{"time_stamp":"2026-11-21T21:21:10Z","type":"HISTOGRAM","metrics":[
      {"buckets":[[0,"1","2","2"]],"count":"%s","labels":{"instance":"","job":"j"},"sum":"5"}]},
    """
        .formatted(count);
  }

  private static ByteArrayInputStream page(Metric metric) {
    var out = new ExpositionBuffer(64);
    new ProtobufRenderer()
        .render(new MetricFamily("n", "", MetricType.HISTOGRAM, List.of(metric)), out);
    return new ByteArrayInputStream(out.toByteArray());
  }

  private static MetricFamily family(StoredGroup group, String name) {
    return group.families().stream()
        .map(StoredGroup.WrittenFamily::family)
        .filter(family -> family.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static StoredGroup group(String members) throws IOException {
    return group(members, new ExactMetrics(0));
  }

  private static StoredGroup group(String members, ExactMetrics exact) throws IOException {
    return read("{\"status\":\"success\",\"data\":[{" + members + TIMES + "}]}", exact).getFirst();
  }

  private static List<StoredGroup> read(String answer, ExactMetrics exact) throws IOException {
    var groups = new ArrayList<StoredGroup>();
    var bytes = new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8));
    try (var reader = new GroupReader(bytes, exact)) {
      for (var group = reader.next(); group.isPresent(); group = reader.next()) {
        groups.add(group.get());
      }
    }
    return groups;
  }
}
