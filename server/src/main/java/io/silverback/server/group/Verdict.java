package io.silverback.server.group;

import io.silverback.server.group.rules.MetricRules;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the consistency check found against a push. Immutable.
 *
 * @param errors the first ten, in upstream's words
 * @param count how many there are in all
 */
public record Verdict(List<String> errors, int count) {
  public static final Verdict ACCEPTED = new Verdict(List.of(), 0);

  private static final int LISTED = 10;

  public Verdict {
    errors = List.copyOf(errors);
  }

  public static Verdict refused(String error) {
    return new Verdict(List.of(error), 1);
  }

  /** True if a reason says that a series is there twice. */
  public static boolean namesDuplicate(String reason) {
    return reason.contains(MetricRules.DUPLICATE);
  }

  public boolean isAccepted() {
    return count == 0;
  }

  /** All that was found as one text: a single error bare, several as a list. */
  public String reason() {
    if (count == 1) {
      return errors.getFirst();
    }
    // upstream: prometheus.MultiError, which lists them all.
    var text = new StringBuilder().append(count).append(" error(s) occurred:");
    for (String error : errors) {
      text.append("\n* ").append(error);
    }
    if (count > errors.size()) {
      text.append("\n* and ").append(count - errors.size()).append(" more");
    }
    return text.toString();
  }

  /** Counts all errors and words only those that are listed. Not thread-safe. */
  static final class Builder {
    private final List<String> errors = new ArrayList<>();
    private int count;

    void add(Supplier<String> error) {
      if (count++ < LISTED) {
        errors.add(error.get());
      }
    }

    Verdict build() {
      return count == 0 ? ACCEPTED : new Verdict(errors, count);
    }
  }
}
