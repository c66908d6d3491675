package io.silverback.server.remotewrite;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.LabelMatcher;
import java.util.Map;
import java.util.TreeMap;

/**
 * The labels of one series on their way to a target, its name among them, in the order of the bytes
 * of their names. Without labels whose value is empty. Made to be filled again; not thread-safe.
 */
final class SeriesLabels {
  private final TreeMap<String, String> pairs = new TreeMap<>(Labels::compareCodePoints);

  /**
   * Starts with those of a series.
   *
   * @param external labels that it gets if it does not have them
   */
  void start(String name, Labels labels, Labels external) {
    pairs.clear();
    set(LabelMatcher.NAME, name);
    addMissing(labels);
    addMissing(external);
  }

  private void addMissing(Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.value(i).isEmpty()) {
        pairs.putIfAbsent(labels.name(i), labels.value(i));
      }
    }
  }

  /** The value of a label; empty if it is not there. */
  String value(String name) {
    return pairs.getOrDefault(name, "");
  }

  void set(String name, String value) {
    if (value.isEmpty()) {
      pairs.remove(name);
    } else {
      pairs.put(name, value);
    }
  }

  /** The pairs as they are now, a view that changes with them. */
  Map<String, String> pairs() {
    return pairs;
  }

  /**
   * False if a receiver may drop the series without a word: it has no name, or one that is not
   * valid.
   */
  boolean areValid(NameValidation names) {
    if (!names.isMetricName(value(LabelMatcher.NAME))) {
      return false;
    }
    return pairs.keySet().stream().allMatch(names::isLabelName);
  }
}
