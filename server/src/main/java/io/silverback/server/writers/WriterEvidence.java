package io.silverback.server.writers;

import java.util.Locale;

/** What tells that a push to a group is of another writer than the one before. */
public enum WriterEvidence {
  /** The start times of the processes differ. */
  PROCESS("processes that started at different times push in turn"),
  /** A PUT has hardly any series in common with what it replaces. */
  SERIES("each PUT removes nearly all series that the one before brought"),
  /** The addresses differ, and the values go on for each of them alone. */
  ADDRESS("addresses push in turn, and the values go on for each of them alone"),
  /** Rewrite rules made one grouping key of two. */
  REWRITE("rewrite rules made one grouping key of several");

  private final String sentence;

  WriterEvidence(String sentence) {
    this.sentence = sentence;
  }

  /** For people. */
  public String sentence() {
    return sentence;
  }

  /** For metrics, log and API. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
