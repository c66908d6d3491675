package io.silverback.server.transfer;

import io.silverback.codec.exposition.GoNumbers;
import io.silverback.codec.exposition.MalformedExpositionException;
import io.silverback.codec.exposition.ProtobufParser;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.Metric.Bucket;
import io.silverback.codec.model.Metric.Quantile;
import io.silverback.codec.model.MetricFamily;
import io.silverback.codec.model.NativeBuckets;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The metrics of which the JSON API does not tell all: native histograms, exemplars, created
 * timestamps, buckets in an order of their own. They come from the scrape page, as protobuf.
 *
 * <p>What JSON tells whole is not kept, so a server with none of these costs no memory.
 */
final class ExactMetrics {
  /** Above it, a family is not read: it would have to be in memory as a whole. */
  private static final int MOST_FAMILY_BYTES = 256 * 1024 * 1024;

  private final Map<Name, Metric> metrics = new HashMap<>();
  private final int most;
  private boolean isWhole = true;

  private record Name(String family, Labels labels) implements Comparable<Name> {
    @Override
    public int compareTo(Name other) {
      int order = family.compareTo(other.family);
      return order != 0 ? order : labels.compareTo(other.labels);
    }
  }

  /** None yet, and at most that many. */
  ExactMetrics(int most) {
    this.most = most;
  }

  /** Reads a page of delimited protobuf to its end, family by family. */
  void read(InputStream page) throws IOException {
    var parser = new ProtobufParser();
    for (byte[] message = next(page); message.length > 0; message = next(page)) {
      try {
        parser.parse(message, message.length).families().forEach(this::keep);
      } catch (MalformedExpositionException e) {
        throw new MalformedAnswerException("the scrape page is no protobuf: " + e.getMessage());
      }
    }
  }

  /** False if there were more than are kept. */
  boolean isWhole() {
    return isWhole;
  }

  /**
   * The metric with all that is known of it.
   *
   * @param told what JSON says about it
   * @return empty if JSON tells too little, and the rest is not known or of another push
   */
  Optional<Metric> complete(String family, Metric told, boolean hasRanges) {
    Metric exact = metrics.get(new Name(family, told.labels()));
    if (exact == null) {
      return hasRanges ? Optional.empty() : Optional.of(told);
    }
    if (agree(exact, told)) {
      return Optional.of(exact);
    }
    return hasRanges || isNative(exact) ? Optional.empty() : Optional.of(told);
  }

  private void keep(MetricFamily family) {
    for (Metric metric : family.metrics()) {
      if (!isPlain(metric)) {
        if (metrics.size() < most) {
          metrics.put(new Name(family.name(), metric.labels()), metric);
        } else {
          isWhole = false;
        }
      }
    }
  }

  /** The bytes of the next message with its length before it; none at the end of the page. */
  private static byte[] next(InputStream page) throws IOException {
    var lead = new ArrayList<Byte>();
    long length = 0;
    int read;
    do {
      read = page.read();
      if (read < 0 && lead.isEmpty()) {
        return new byte[0];
      }
      if (read < 0 || lead.size() == 5) {
        throw new MalformedAnswerException("the scrape page is no protobuf");
      }
      length |= (long) (read & 0x7F) << (7 * lead.size());
      lead.add((byte) read);
    } while (read >= 0x80);
    if (length > MOST_FAMILY_BYTES) {
      throw new MalformedAnswerException(
          "a family of the scrape page is too large: length=" + length);
    }
    byte[] message = new byte[lead.size() + (int) length];
    for (int i = 0; i < lead.size(); i++) {
      message[i] = lead.get(i);
    }
    if (page.readNBytes(message, lead.size(), (int) length) < length) {
      throw new MalformedAnswerException("the scrape page is cut off");
    }
    return message;
  }

  /** True if JSON tells all of it. */
  private static boolean isPlain(Metric metric) {
    return switch (metric) {
      case Metric.Counter counter -> counter.opaque().isEmpty();
      case Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ -> true;
      case Metric.Summary summary ->
          summary.opaque().isEmpty()
              && isAscending(summary.quantiles().stream().map(Quantile::quantile).toList());
      case Metric.Histogram histogram ->
          histogram.opaque().isEmpty()
              && !isNative(histogram)
              && histogram.countFloat() == 0
              && histogram.buckets().stream()
                  .allMatch(
                      bucket -> bucket.opaque().isEmpty() && bucket.cumulativeCountFloat() == 0)
              && isAscending(histogram.buckets().stream().map(Bucket::upperBound).toList());
    };
  }

  private static boolean isAscending(List<Double> bounds) {
    for (int i = 1; i < bounds.size(); i++) {
      if (Double.compare(bounds.get(i - 1), bounds.get(i)) >= 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNative(Metric metric) {
    return metric instanceof Metric.Histogram histogram
        && !histogram.nativeBuckets().equals(NativeBuckets.NONE);
  }

  /** True if both are of the same push, as far as one can see. */
  private static boolean agree(Metric exact, Metric told) {
    return switch (exact) {
      case Metric.Counter counter ->
          told instanceof Metric.Counter other && same(counter.value(), other.value());
      case Metric.Summary summary ->
          told instanceof Metric.Summary other
              && summary.count() == other.count()
              && same(summary.sum(), other.sum());
      case Metric.Histogram histogram ->
          told instanceof Metric.Histogram other
              && same(count(histogram), count(other))
              && same(histogram.sum(), other.sum());
      case Metric.Gauge _, Metric.Untyped _, Metric.Valueless _ -> false;
    };
  }

  private static double count(Metric.Histogram histogram) {
    return histogram.countFloat() > 0
        ? histogram.countFloat()
        : GoNumbers.toDouble(histogram.count());
  }

  private static boolean same(double left, double right) {
    return Double.compare(left, right) == 0;
  }
}
