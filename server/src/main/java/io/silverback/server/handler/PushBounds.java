package io.silverback.server.handler;

import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.codec.model.Metric;
import io.silverback.codec.model.MetricFamily;
import io.silverback.server.limits.LimitedMemory;
import io.silverback.server.limits.OverLimitException;
import io.silverback.server.limits.RequestLimit;
import io.silverback.server.limits.RequestLimits;

/**
 * What a push may make of its bytes: the labels of its path come on top of those of each series, so
 * a short body under a long path can become large.
 *
 * <p>Thread-safe.
 */
final class PushBounds {
  /** Two references, in the labels of the series and in those that it is compared by. */
  private static final long BYTES_PER_LABEL = 32;

  private final int maxLabels;
  private final int maxKeyLength;
  private final int maxFamilies;

  PushBounds(RequestLimits limits) {
    this.maxLabels = limits.maxLabels();
    this.maxKeyLength = limits.maxKeyLength();
    this.maxFamilies = limits.maxFamilies();
  }

  /**
   * Looks at a push before its series are made, and takes the memory for their labels.
   *
   * @throws OverLimitException if it is over a limit, or there is not enough memory
   */
  void check(GroupingKey key, ParsedExposition body, LimitedMemory.Lease lease)
      throws OverLimitException {
    int keyLength = lengthOf(key.labels());
    if (keyLength > maxKeyLength) {
      throw OverLimitException.tooMuch(
          RequestLimit.KEY_LENGTH,
          "the grouping key is too long, shorten it or raise --limits.max-key-length: length="
              + keyLength
              + " limit="
              + maxKeyLength);
    }
    if (body.families().size() > maxFamilies) {
      throw OverLimitException.tooMuch(
          RequestLimit.FAMILIES,
          "the push has too many metrics of different names, use labels or raise"
              + " --limits.max-families-per-push: names="
              + body.families().size()
              + " limit="
              + maxFamilies);
    }
    Deadline deadline = Deadline.current();
    int ofKey = key.labels().size();
    long labels = 0;
    for (MetricFamily family : body.families()) {
      deadline.look();
      for (Metric metric : family.metrics()) {
        deadline.look();
        int ofSeries = ofKey + metric.labels().size();
        if (ofSeries > maxLabels) {
          throw OverLimitException.tooMuch(
              RequestLimit.LABELS,
              "a series has too many labels, those of the path included, remove some or raise"
                  + " --limits.max-labels-per-series: name="
                  + family.name()
                  + " labels="
                  + ofSeries
                  + " limit="
                  + maxLabels);
        }
        labels += ofKey;
      }
    }
    lease.take(labels * BYTES_PER_LABEL);
  }

  private static int lengthOf(Labels labels) {
    int length = 0;
    for (int i = 0; i < labels.size(); i++) {
      length += labels.name(i).length() + labels.value(i).length();
    }
    return length;
  }
}
