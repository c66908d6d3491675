package io.silverback.server.group;

import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.model.Labels;
import java.util.Optional;

/**
 * What a grouping key does to the labels of the group's series: its labels override those of the
 * body, and a series that has no instance gets an empty one.
 */
final class GroupLabels {
  private static final String INSTANCE = "instance";
  private static final Labels NO_INSTANCE = Labels.of(INSTANCE, "");

  private final Labels key;
  private final Labels keyAndInstance;

  private GroupLabels(Labels key) {
    this.key = key;
    this.keyAndInstance = NO_INSTANCE.overriddenBy(key);
  }

  static GroupLabels of(GroupingKey key) {
    return new GroupLabels(key.labels());
  }

  Labels ofPushTimes() {
    return keyAndInstance;
  }

  Labels of(Labels body) {
    Labels winners = body.has(INSTANCE) ? key : keyAndInstance;
    return repeatsName(body) ? overridingFirst(body, winners) : body.overriddenBy(winners);
  }

  /**
   * The other key whose push times have the labels of this key's: the one with an empty instance
   * for a key that has none, and the other way round.
   */
  static Optional<GroupingKey> twinOf(GroupingKey key) {
    Labels labels = key.labels();
    Optional<String> instance = labels.value(INSTANCE);
    if (instance.isEmpty()) {
      return Optional.of(new GroupingKey(NO_INSTANCE.overriddenBy(labels)));
    }
    if (!instance.get().isEmpty()) {
      return Optional.empty();
    }
    var others = new Labels.Builder();
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.name(i).equals(INSTANCE)) {
        others.add(labels.name(i), labels.value(i));
      }
    }
    return Optional.of(new GroupingKey(others.build()));
  }

  private static boolean repeatsName(Labels labels) {
    for (int i = 1; i < labels.size(); i++) {
      if (labels.name(i).equals(labels.name(i - 1))) {
        return true;
      }
    }
    return false;
  }

  // upstream: sanitizeLabels corrects the first pair of a name only, so that the second one stays
  // and gets the push refused.
  private static Labels overridingFirst(Labels body, Labels winners) {
    var labels = new Labels.Builder();
    for (int i = 0; i < body.size(); i++) {
      boolean first = i == 0 || !body.name(i).equals(body.name(i - 1));
      Optional<String> winner = first ? winners.value(body.name(i)) : Optional.empty();
      labels.add(body.name(i), winner.orElse(body.value(i)));
    }
    for (int i = 0; i < winners.size(); i++) {
      if (!body.has(winners.name(i))) {
        labels.add(winners.name(i), winners.value(i));
      }
    }
    return labels.build();
  }
}
