package io.silverback.server.storage;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.SeriesSelector;
import java.util.List;
import java.util.function.Predicate;

/**
 * The samples of the series that at least one selector matches, from the start to the end, both
 * included. What asks whether something matches looks at the {@link Deadline}.
 *
 * @param marksEnds whether a series that is not shown any more gets one more sample, {@link #STALE}
 */
public record HistoryQuery(
    List<SeriesSelector> selectors, long startMillis, long endMillis, boolean marksEnds) {
  /** The NaN by which Prometheus knows that a series has ended. */
  public static final double STALE = Double.longBitsToDouble(0x7ff0_0000_0000_0002L);

  public HistoryQuery {
    selectors = List.copyOf(selectors);
  }

  /** One for pushed samples alone. */
  public HistoryQuery(List<SeriesSelector> selectors, long startMillis, long endMillis) {
    this(selectors, startMillis, endMillis, false);
  }

  /** True if it is that NaN, and not another one. */
  public static boolean isStale(double value) {
    return Double.doubleToRawLongBits(value) == Double.doubleToRawLongBits(STALE);
  }

  /** True if the last of these samples says that the series ended. */
  public static boolean endsIn(Samples samples) {
    return samples.size() > 0 && isStale(samples.value(samples.size() - 1));
  }

  /** The same with a mark at the end of each series that is not shown any more, or without. */
  public HistoryQuery withEnds(boolean marks) {
    return new HistoryQuery(selectors, startMillis, endMillis, marks);
  }

  /** The same without what was before a time. */
  public HistoryQuery since(long timeMillis) {
    return new HistoryQuery(selectors, Math.max(startMillis, timeMillis), endMillis, marksEnds);
  }

  /** True if the series of that name and those labels, grouping labels included, is asked for. */
  public boolean matches(String name, Labels labels) {
    Deadline.current().look();
    return selectors.stream().anyMatch(selector -> selector.matches(name, labels));
  }

  /**
   * False if all selectors ask for names of metrics that none has, or for jobs without groups.
   *
   * @param isKnown whether there may be a family of a name
   * @param hasGroups whether there may be a group of a job
   */
  public boolean mayMatchAny(Predicate<String> isKnown, Predicate<String> hasGroups) {
    return selectors.stream().anyMatch(selector -> selector.mayMatchAny(isKnown, hasGroups));
  }

  /** False if no series of a family of that name is asked for. */
  public boolean mayMatchFamily(String name) {
    Deadline.current().look();
    return selectors.stream().anyMatch(selector -> selector.mayMatchFamily(name));
  }

  /** False if no series of that group is asked for. */
  public boolean mayMatch(GroupingKey key) {
    Deadline.current().look();
    return selectors.stream().anyMatch(selector -> selector.mayMatch(key));
  }
}
