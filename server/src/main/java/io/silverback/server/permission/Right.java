package io.silverback.server.permission;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a request may need; every endpoint needs exactly one. */
public enum Right {
  /** Change groups: push, delete, also many at once, restore, and try what a push would do. */
  PUSH,
  /** See groups, their history, and how the server and the cluster are. */
  READ,
  /** Command the server and the cluster, and delete everything. */
  ADMIN,
  /** Read the server's own metrics. */
  METRICS,
  /** Ask whether the server is alive and ready. */
  PROBES;

  /** As the file, the docs and messages call it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The same rights, which nobody can change any more. */
  static Set<Right> copyOf(Set<Right> rights) {
    Set<Right> copy = EnumSet.noneOf(Right.class);
    copy.addAll(rights);
    return Collections.unmodifiableSet(copy);
  }

  static Optional<Right> labelled(String label) {
    return Arrays.stream(values()).filter(right -> right.label().equals(label)).findFirst();
  }
}
