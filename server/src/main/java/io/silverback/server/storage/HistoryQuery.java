package io.silverback.server.storage;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.SeriesSelector;
import java.util.List;

/**
 * The samples of the series that at least one selector matches, from the start to the end, both
 * included. What asks whether something matches looks at the {@link Deadline}.
 */
public record HistoryQuery(List<SeriesSelector> selectors, long startMillis, long endMillis) {
  public HistoryQuery {
    selectors = List.copyOf(selectors);
  }

  /** The same without what was before a time. */
  public HistoryQuery since(long timeMillis) {
    return new HistoryQuery(selectors, Math.max(startMillis, timeMillis), endMillis);
  }

  /** True if the series of that name and those labels, grouping labels included, is asked for. */
  public boolean matches(String name, Labels labels) {
    Deadline.current().look();
    return selectors.stream().anyMatch(selector -> selector.matches(name, labels));
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
