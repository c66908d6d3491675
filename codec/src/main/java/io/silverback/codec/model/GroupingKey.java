package io.silverback.codec.model;

/**
 * The name of a group: its job and the other grouping labels as a set, in canonical order.
 *
 * <p>Two spellings of one URL path (another order of labels, base64 or plain) give equal keys. An
 * absent label and one with an empty value are different.
 */
public record GroupingKey(Labels labels) implements Comparable<GroupingKey> {
  public static final String JOB = "job";

  public GroupingKey {
    if (labels.value(JOB).orElse("").isEmpty()) {
      throw new IllegalArgumentException("job name is required: labels=" + labels);
    }
    for (int i = 1; i < labels.size(); i++) {
      if (labels.name(i).equals(labels.name(i - 1))) {
        throw new IllegalArgumentException("a label stands twice: name=" + labels.name(i));
      }
    }
  }

  /** A key of a job and alternating names and values of further labels. */
  public static GroupingKey of(String job, String... namesAndValues) {
    return new GroupingKey(Labels.of(namesAndValues).overriddenBy(Labels.of(JOB, job)));
  }

  public String job() {
    return labels.value(JOB).orElseThrow();
  }

  @Override
  public int compareTo(GroupingKey other) {
    return labels.compareTo(other.labels);
  }

  @Override
  public String toString() {
    return labels.toString();
  }
}
