package io.silverback.server.http;

/** Why a connection was ended before its client had ended it. */
public enum CutOff {
  /** No byte of a request for too long. */
  NO_PROGRESS("limits.body-timeout"),
  /** A body that comes, but at too low a rate. */
  TOO_SLOW("limits.min-body-rate"),
  /** A body that is not whole after the longest time that any may take. */
  TOO_LONG("limits.max-body-time"),
  /** All connections are taken, and this one did the least with its own. */
  CROWDED("limits.max-connections"),
  /** The memory for bodies is taken, and this one came the slowest. */
  SHORT_OF_MEMORY("limits.max-body-memory"),
  /** The answer was not read to its end for too long. */
  UNREAD("limits.query-timeout"),
  /** The answer was not read at all while others waited for theirs. */
  UNREAD_WHILE_OTHERS_WAIT("limits.max-concurrent-scrapes");

  private final String flag;

  CutOff(String flag) {
    this.flag = flag;
  }

  /** The limit that it comes from, as a flag without the dashes. */
  public String flag() {
    return flag;
  }
}
