package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import io.silverback.server.group.select.LabelMatcher;
import io.silverback.server.group.select.SeriesSelector;
import io.silverback.server.storage.HistoryQuery;
import io.silverback.server.storage.HistorySink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Notices questions that find nothing, since they ask for a label that no series has.
 *
 * <p>A Prometheus with external labels puts them into all of its questions. Where the server does
 * not know them, it never finds anything and never says so. Thread-safe.
 */
final class UnknownLabels {
  /** A look takes as long as a question. */
  private static final Duration PAUSE = Duration.ofMinutes(1);

  private final LongSupplier nanoTime;
  private final AtomicLong nextLookNanos;

  UnknownLabels(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.nextLookNanos = new AtomicLong(nanoTime.getAsLong());
  }

  /** Hands over the history of a query. */
  @FunctionalInterface
  interface Source {
    void history(HistoryQuery query, HistorySink sink) throws IOException;
  }

  /**
   * A label that a question names, which found nothing, and that none of the series has that it
   * finds otherwise. Empty, too, if it is not time for a look.
   */
  Optional<String> look(HistoryQuery asked, Source source) throws IOException {
    SortedSet<String> named = new TreeSet<>();
    var others = new ArrayList<LabelMatcher>();
    for (LabelMatcher matcher : asked.selectors().getFirst().matchers()) {
      if (matcher instanceof LabelMatcher.Equal(String label, String value)
          && !label.equals(LabelMatcher.NAME)
          // All series have one.
          && !label.equals(GroupingKey.JOB)
          && !value.isEmpty()) {
        named.add(label);
      } else {
        others.add(matcher);
      }
    }
    if (named.isEmpty() || !isTime()) {
      return Optional.empty();
    }
    var found = new boolean[1];
    var without =
        new HistoryQuery(
            List.of(SeriesSelector.of(others)), asked.startMillis(), asked.endMillis());
    try {
      source.history(
          without,
          (_, labels, _) -> {
            found[0] = true;
            named.removeIf(label -> has(labels, label));
            if (named.isEmpty()) {
              throw new AllFoundException();
            }
          });
    } catch (AllFoundException _) {
      return Optional.empty();
    }
    return found[0] ? named.stream().findFirst() : Optional.empty();
  }

  /** Ends a look that can find no label any more. */
  private static final class AllFoundException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private static boolean has(Labels labels, String label) {
    return labels.value(label).filter(value -> !value.isEmpty()).isPresent();
  }

  private boolean isTime() {
    long now = nanoTime.getAsLong();
    long next = nextLookNanos.get();
    return now - next >= 0 && nextLookNanos.compareAndSet(next, now + PAUSE.toNanos());
  }
}
