package io.silverback.server.handler;

import io.silverback.codec.model.Deadline;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.GroupSelector;
import io.silverback.server.storage.KeyBatch;
import io.silverback.server.storage.MetricStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds groups of one store. Thread-safe. */
public final class StoredGroupFinder implements GroupFinder {
  private static final Pattern SPACE = Pattern.compile("\\s+");

  private final Consumer<MetricStore.SizeSink> groups;
  private final LongSupplier wallMillis;

  /**
   * A finder of some groups.
   *
   * @param groups hands over each of them
   * @param wallMillis the wall clock, in milliseconds since the epoch
   */
  public StoredGroupFinder(Consumer<MetricStore.SizeSink> groups, LongSupplier wallMillis) {
    this.groups = groups;
    this.wallMillis = wallMillis;
  }

  @Override
  public Page find(Query query) {
    var look = new Look(query, wallMillis.getAsLong());
    groups.accept(
        (key, bounds, series, bytes) -> {
          Deadline.current().look();
          look.at(Row.of(key, bounds, series, bytes));
        });
    return look.page();
  }

  /** One look at all groups. */
  private static final class Look {
    private final Query query;
    private final long nowMillis;
    private final List<String> words;
    private final List<GroupSelector> selectors;
    private final Comparator<Row> order;
    private final Comparator<Place> places;
    private final TreeSet<Row> rows;
    private long weight;
    private Counts counts = Counts.NONE;

    /** The first row that had no room: none from there on may stay. */
    private @Nullable Row end;

    private Look(Query query, long nowMillis) {
      this.query = query;
      this.nowMillis = nowMillis;
      this.words =
          Arrays.stream(SPACE.split(query.search().strip().toLowerCase(Locale.ROOT)))
              .filter(word -> !word.isEmpty())
              .toList();
      this.selectors = GroupSelector.parse(query.matches());
      this.order = query.comparator();
      this.places = Place.comparator(query.isDescending());
      this.rows = new TreeSet<>(order);
    }

    private void at(Row row) {
      boolean isFound = row.is(query.state(), nowMillis) && isMeant(row.key());
      counts =
          counts.plus(
              new Counts(
                  1,
                  isFound ? 1 : 0,
                  row.isFailed() ? 1 : 0,
                  row.isOverdue(nowMillis) ? 1 : 0,
                  row.isStale() ? 1 : 0));
      if (isFound && isAfter(row)) {
        add(row);
      }
    }

    private boolean isMeant(GroupingKey key) {
      return (selectors.isEmpty() || selectors.stream().anyMatch(each -> each.matches(key)))
          && (words.isEmpty() || hasWords(key.labels()));
    }

    private boolean hasWords(Labels labels) {
      var pairs = new ArrayList<String>(labels.size());
      for (int i = 0; i < labels.size(); i++) {
        pairs.add((labels.name(i) + "=" + labels.value(i)).toLowerCase(Locale.ROOT));
      }
      return words.stream().allMatch(word -> pairs.stream().anyMatch(pair -> pair.contains(word)));
    }

    private boolean isAfter(Row row) {
      return query.after().isEmpty() || places.compare(query.placeOf(row), query.after().get()) > 0;
    }

    private void add(Row row) {
      if ((end != null && order.compare(row, end) >= 0) || !rows.add(row)) {
        return;
      }
      weight += KeyBatch.weightOf(row.key());
      while (rows.size() > query.most() || (weight > MOST_WEIGHT && rows.size() > 1)) {
        end = rows.removeLast();
        weight -= KeyBatch.weightOf(end.key());
      }
    }

    private Page page() {
      return new Page(List.copyOf(rows), end != null, counts);
    }
  }
}
