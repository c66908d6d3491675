package io.silverback.server.transfer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.Metric.Quantile;
import io.silverback.codec.model.MetricType;
import io.silverback.codec.model.NativeBuckets;
import io.silverback.codec.model.OpaqueFields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One metric of the JSON API, before it is known of which type its family is.
 *
 * @param numbers by the names of the fields, as text
 * @param bounds of buckets or quantiles, with what is counted or measured there
 * @param hasRanges true if its buckets are those of a native histogram, which JSON does not tell
 *     whole
 */
record ToldMetric(
    Labels labels, Map<String, String> numbers, Map<String, String> bounds, boolean hasRanges) {
  ToldMetric {
    numbers = Collections.unmodifiableMap(new HashMap<>(numbers));
    bounds = Collections.unmodifiableMap(new HashMap<>(bounds));
  }

  /** Reads the object that is open. */
  static ToldMetric read(JsonParser json) throws IOException {
    Labels labels = Labels.EMPTY;
    var numbers = new HashMap<String, String>();
    Map<String, String> bounds = Map.of();
    boolean hasRanges = false;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      JsonToken token = json.nextToken();
      if (token == JsonToken.START_OBJECT) {
        Map<String, String> texts = texts(json);
        if (name.equals("labels")) {
          labels = Labels.of(texts);
        } else {
          bounds = texts;
        }
      } else if (token == JsonToken.VALUE_STRING) {
        numbers.put(name, json.getText());
      } else {
        hasRanges |= token == JsonToken.START_ARRAY;
        json.skipChildren();
      }
    }
    return new ToldMetric(labels, numbers, bounds, hasRanges);
  }

  /** Reads the object that is open, of which only the texts count. */
  static Map<String, String> texts(JsonParser json) throws IOException {
    var texts = new HashMap<String, String>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      if (json.nextToken() == JsonToken.VALUE_STRING) {
        texts.put(name, json.getText());
      } else {
        json.skipChildren();
      }
    }
    return texts;
  }

  /** The metric of a family of that type, as far as JSON tells it. */
  Metric metric(MetricType type) throws MalformedAnswerException {
    return switch (type) {
      case COUNTER -> new Metric.Counter(labels, number("value"));
      case GAUGE -> new Metric.Gauge(labels, number("value"));
      case UNTYPED -> new Metric.Untyped(labels, number("value"));
      case SUMMARY ->
          new Metric.Summary(
              labels, count("count").whole(), number("sum"), quantiles(), OpaqueFields.NONE);
      case HISTOGRAM, GAUGE_HISTOGRAM -> {
        Count count = count("count");
        yield new Metric.Histogram(
            labels,
            buckets(),
            count.whole(),
            count.broken(),
            number("sum"),
            NativeBuckets.NONE,
            OpaqueFields.NONE);
      }
    };
  }

  private List<Quantile> quantiles() throws MalformedAnswerException {
    var quantiles = new ArrayList<Quantile>(bounds.size());
    for (var bound : bounds.entrySet()) {
      quantiles.add(new Quantile(parse(bound.getKey()), parse(bound.getValue())));
    }
    quantiles.sort(Comparator.comparingDouble(Quantile::quantile));
    return quantiles;
  }

  /** In ascending order: a JSON object has none. */
  private List<Bucket> buckets() throws MalformedAnswerException {
    var buckets = new ArrayList<Bucket>(bounds.size());
    for (var bound : bounds.entrySet()) {
      Count count = Count.parse(bound.getValue());
      buckets.add(
          new Bucket(parse(bound.getKey()), count.whole(), count.broken(), OpaqueFields.NONE));
    }
    buckets.sort(Comparator.comparingDouble(Bucket::upperBound));
    return buckets;
  }

  private Count count(String field) throws MalformedAnswerException {
    return Count.parse(text(field));
  }

  private double number(String field) throws MalformedAnswerException {
    return parse(text(field));
  }

  private String text(String field) throws MalformedAnswerException {
    String text = numbers.get(field);
    if (text == null) {
      throw new MalformedAnswerException(
          "a metric lacks a number: labels=" + labels + " missing=" + field);
    }
    return text;
  }

  static double parse(String text) throws MalformedAnswerException {
    return GoNumbers.parseDouble(text)
        .orElseThrow(() -> new MalformedAnswerException("not a number: text=" + text));
  }

  /** A count: a whole number, or one of a float histogram. */
  private record Count(long whole, double broken) {
    static Count parse(String text) throws MalformedAnswerException {
      try {
        return new Count(Long.parseUnsignedLong(text), 0);
      } catch (NumberFormatException _) {
        return new Count(0, ToldMetric.parse(text));
      }
    }
  }
}
