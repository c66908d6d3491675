package io.silverback.server.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.model.Family;
import io.silverback.codec.model.GroupBounds;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.Metric.Counter;
import io.silverback.codec.model.Metric.Gauge;
import io.silverback.codec.model.Metric.Histogram;
import io.silverback.codec.model.Metric.Quantile;
import io.silverback.codec.model.Metric.Summary;
import io.silverback.codec.model.Metric.Untyped;
import io.silverback.codec.model.Metric.Valueless;
import io.silverback.codec.model.Stamp;
import io.silverback.server.group.PushTimes;
import io.silverback.server.storage.ListedGroup;
import io.silverback.server.writers.WriterTrace;
import io.silverback.server.writers.WriterWatch.Conflict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One group as {@code /api/v1/metrics} shows it; all numbers are strings, as upstream has them. */
public final class GroupJson {
  private static final String CONFLICT = "writer_conflict";

  private GroupJson() {}

  /**
   * Writes the group.
   *
   * @param conflict between its writers, if there is one
   */
  public static void write(ListedGroup group, Optional<Conflict> conflict, JsonGenerator out)
      throws IOException {
    GroupBounds bounds = group.bounds();
    out.writeStartObject();
    // upstream: all share one object, so a family called "labels" takes that key's place.
    if (!group.hasFamily("labels")) {
      writeLabels(group.key().labels(), out);
    }
    if (!group.hasFamily("last_push_successful")) {
      out.writeBooleanField("last_push_successful", bounds.failureMillis() <= bounds.pushMillis());
    }
    if (conflict.isPresent() && !group.hasFamily(CONFLICT)) {
      writeConflict(conflict.get(), out);
    }
    if (bounds.isStale()) {
      writeStaleness(bounds, out);
    }
    var pushTimes =
        new ArrayDeque<>(
            List.of(
                PushTimes.failure(group.key(), bounds.failureMillis()),
                PushTimes.success(group.key(), bounds.pushMillis())));
    group.forEachFamily(
        (written, family) -> {
          while (!pushTimes.isEmpty() && pushTimes.element().name().compareTo(family.name()) <= 0) {
            writePushTime(pushTimes.remove(), bounds, out);
          }
          if (!PushTimes.isPushTime(family.name())) {
            writeFamily(written, family, out);
          }
        });
    pushTimes.forEach(family -> writePushTime(family, bounds, out));
    out.writeEndObject();
  }

  private static void writePushTime(Family family, GroupBounds bounds, JsonGenerator out) {
    boolean isFailure = family.name().equals(PushTimes.FAILURE);
    writeFamily(
        isFailure && bounds.failureMillis() > 0 ? bounds.failure() : latest(bounds), family, out);
  }

  /** An array, as readers of the groups take any object beside the labels for a family. */
  private static void writeConflict(Conflict conflict, JsonGenerator out) throws IOException {
    out.writeArrayFieldStart(CONFLICT);
    for (WriterTrace writer : conflict.writers()) {
      out.writeStartObject();
      out.writeStringField("client", writer.client());
      if (!writer.sentAs().isEmpty()) {
        out.writeStringField("sent_as", writer.sentAs());
      }
      if (!Double.isNaN(writer.startSeconds())) {
        writeNumber("process_start_time_seconds", writer.startSeconds(), out);
      }
      out.writeStringField("evidence", conflict.evidence().label());
      out.writeStringField("since", Instant.ofEpochMilli(conflict.sinceMillis()).toString());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** No family can have these names: a stale group has none but the push times. */
  private static void writeStaleness(GroupBounds bounds, JsonGenerator out) throws IOException {
    out.writeBooleanField("stale", true);
    out.writeStringField(
        "stale_since", Instant.ofEpochMilli(bounds.expiry().at().wallMillis()).toString());
  }

  /** When the group was last pushed to with success, else without. */
  private static Stamp latest(GroupBounds bounds) {
    return bounds.pushMillis() > 0 ? bounds.push() : bounds.failure();
  }

  private static void writeFamily(Stamp written, Family family, JsonGenerator out) {
    try {
      out.writeFieldName(family.name());
      out.writeStartObject();
      out.writeStringField("time_stamp", Instant.ofEpochMilli(written.wallMillis()).toString());
      out.writeStringField("type", family.type().name());
      if (!family.help().isEmpty()) {
        out.writeStringField("help", family.help());
      }
      out.writeArrayFieldStart("metrics");
      family.forEachMetric(metric -> writeMetric(metric, out));
      out.writeEndArray();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeMetric(Metric metric, JsonGenerator out) {
    try {
      out.writeStartObject();
      writeValues(metric, out);
      writeLabels(metric.labels(), out);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeValues(Metric metric, JsonGenerator out) throws IOException {
    switch (metric) {
      case Counter(var _, double value, var _) -> writeNumber("value", value, out);
      case Gauge(var _, double value) -> writeNumber("value", value, out);
      case Untyped(var _, double value, var _) -> writeNumber("value", value, out);
      case Valueless _ -> writeNumber("value", 0, out);
      case Summary summary -> writeSummary(summary, out);
      case Histogram histogram -> writeHistogram(histogram, out);
    }
  }

  private static void writeSummary(Summary summary, JsonGenerator out) throws IOException {
    var quantiles = new LinkedHashMap<String, String>();
    for (Quantile quantile : summary.quantiles()) {
      quantiles.put(GoNumbers.toString(quantile.quantile()), GoNumbers.toString(quantile.value()));
    }
    writeMap("quantiles", quantiles, out);
    out.writeStringField("count", Long.toUnsignedString(summary.count()));
    writeNumber("sum", summary.sum(), out);
  }

  private static void writeHistogram(Histogram histogram, JsonGenerator out) throws IOException {
    boolean isNative =
        !histogram.nativeBuckets().negativeSpans().isEmpty()
            || !histogram.nativeBuckets().positiveSpans().isEmpty();
    if (isNative) {
      writeNativeBuckets(NativeBucketRanges.of(histogram), out);
    } else {
      var buckets = new LinkedHashMap<String, String>();
      for (Bucket bucket : histogram.buckets()) {
        buckets.put(
            GoNumbers.toString(bucket.upperBound()),
            count(bucket.cumulativeCount(), bucket.cumulativeCountFloat()));
      }
      writeMap("buckets", buckets, out);
    }
    out.writeStringField("count", count(histogram.count(), histogram.countFloat()));
    writeNumber("sum", histogram.sum(), out);
  }

  private static void writeNativeBuckets(List<NativeBucketRanges.Range> ranges, JsonGenerator out)
      throws IOException {
    out.writeArrayFieldStart("buckets");
    for (var range : ranges) {
      out.writeStartArray();
      out.writeNumber(range.rule());
      out.writeString(GoNumbers.toString(range.low()));
      out.writeString(GoNumbers.toString(range.high()));
      out.writeString(
          range.count() instanceof Long whole
              ? Long.toString(whole)
              : GoNumbers.toString(range.count().doubleValue()));
      out.writeEndArray();
    }
    out.writeEndArray();
  }

  private static String count(long count, double countFloat) {
    return countFloat > 0 ? GoNumbers.toString(countFloat) : Long.toUnsignedString(count);
  }

  private static void writeNumber(String name, double value, JsonGenerator out) throws IOException {
    out.writeStringField(name, GoNumbers.toString(value));
  }

  private static void writeLabels(Labels labels, JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("labels");
    writePairs(labels, out);
    out.writeEndObject();
  }

  /** Writes the labels as fields of the object that is open. */
  public static void writePairs(Labels labels, JsonGenerator out) throws IOException {
    for (int i = 0; i < labels.size(); i++) {
      // upstream: a map, so of two pairs with one name the last one counts.
      if (i + 1 == labels.size() || !labels.name(i).equals(labels.name(i + 1))) {
        out.writeStringField(labels.name(i), labels.value(i));
      }
    }
  }

  private static void writeMap(String name, Map<String, String> map, JsonGenerator out)
      throws IOException {
    out.writeObjectFieldStart(name);
    for (var entry : map.entrySet()) {
      out.writeStringField(entry.getKey(), entry.getValue());
    }
    out.writeEndObject();
  }
}
