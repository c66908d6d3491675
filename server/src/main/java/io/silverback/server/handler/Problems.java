package io.silverback.server.handler;

import io.silverback.codec.model.GroupingKey;
import java.util.List;

/** What clients have trouble with, at one server or at all of a cluster. Thread-safe. */
public interface Problems {
  /** Of those of one server that are told. */
  int MOST = 100;

  /**
   * What there is now; a server that does not answer is named and keeps nothing from being told.
   */
  Report report();

  /** What is wrong. */
  enum Kind {
    REFUSED_PUSH,
    WRITER_CONFLICT
  }

  /**
   * Something that is wrong with a group.
   *
   * @param millis when it happened, or since when it goes on, in milliseconds since the epoch
   * @param client the address of the client, or those of all
   * @param reason for people
   */
  record Problem(Kind kind, GroupingKey key, long millis, String client, String reason) {}

  /**
   * What there is.
   *
   * @param problems the newest first
   * @param silent the names of the servers that did not say anything
   */
  record Report(List<Problem> problems, List<String> silent) {
    public Report {
      problems = List.copyOf(problems);
      silent = List.copyOf(silent);
    }
  }
}
