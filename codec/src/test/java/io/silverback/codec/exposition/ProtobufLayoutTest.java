package io.silverback.codec.exposition;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.prometheus.metrics.expositionformats.generated.com_google_protobuf_4_34_0.Metrics;
import io.prometheus.metrics.shaded.com_google_protobuf_4_34_0.Descriptors.Descriptor;
import io.prometheus.metrics.shaded.com_google_protobuf_4_34_0.Descriptors.FieldDescriptor;
import io.prometheus.metrics.shaded.com_google_protobuf_4_34_0.Timestamp;
import io.silverback.codec.model.MetricType;
import java.lang.reflect.Field;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ProtobufLayoutTest {

  @Test
  void hasEachFieldOfTheClientModelAtItsNumber() throws IllegalAccessException {
    var expected = new TreeMap<String, Integer>();
    Map.ofEntries(
            Map.entry("FAMILY", Metrics.MetricFamily.getDescriptor()),
            Map.entry("METRIC", Metrics.Metric.getDescriptor()),
            Map.entry("LABEL", Metrics.LabelPair.getDescriptor()),
            Map.entry("GAUGE", Metrics.Gauge.getDescriptor()),
            Map.entry("UNTYPED", Metrics.Untyped.getDescriptor()),
            Map.entry("COUNTER", Metrics.Counter.getDescriptor()),
            Map.entry("SUMMARY", Metrics.Summary.getDescriptor()),
            Map.entry("QUANTILE", Metrics.Quantile.getDescriptor()),
            Map.entry("HISTOGRAM", Metrics.Histogram.getDescriptor()),
            Map.entry("BUCKET", Metrics.Bucket.getDescriptor()),
            Map.entry("SPAN", Metrics.BucketSpan.getDescriptor()),
            Map.entry("EXEMPLAR", Metrics.Exemplar.getDescriptor()),
            Map.entry("TIMESTAMP", Timestamp.getDescriptor()))
        .forEach((prefix, message) -> addFields(prefix, message, expected));

    var actual = new TreeMap<String, Integer>();
    for (Field constant : ProtobufLayout.class.getDeclaredFields()) {
      if (constant.getType() == int.class) {
        actual.put(constant.getName(), constant.getInt(null));
      }
    }

    assertEquals(expected, actual);
  }

  @Test
  void hasEachTypeAtItsNumber() {
    for (Metrics.MetricType foreign : Metrics.MetricType.values()) {
      assertEquals(foreign.name(), ProtobufLayout.TYPES.get(foreign.getNumber()).name());
    }
    assertEquals(Metrics.MetricType.values().length, MetricType.values().length);
  }

  private static void addFields(String prefix, Descriptor message, Map<String, Integer> numbers) {
    for (FieldDescriptor field : message.getFields()) {
      numbers.put(prefix + "_" + field.getName().toUpperCase(Locale.ROOT), field.getNumber());
    }
  }
}
