package io.silverback.server.writers;

import java.util.Locale;

/** What tells that a push to a group is of another writer than the one before. */
public enum WriterEvidence {
  /** The start times of the processes differ. */
  PROCESS,
  /** A PUT has hardly any series in common with what it replaces. */
  SERIES,
  /** The addresses differ, and the values go on for each of them alone. */
  ADDRESS,
  /** Rewrite rules made one grouping key of two. */
  REWRITE;

  /** For metrics, log and API. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
