package io.silverback.server.handler;

/** What the doors bound. */
public enum DoorLimit {
  BODY_SIZE("limits.max-body-size"),
  INFLATED_SIZE("limits.max-inflated-size"),
  BODY_MEMORY("limits.max-body-memory"),
  BODY_TIMEOUT("limits.body-timeout"),
  PUSHES("limits.max-concurrent-pushes"),
  SCRAPES("limits.max-concurrent-scrapes"),
  SCRAPE_MEMORY("limits.max-scrape-memory"),
  HISTORY_SAMPLES("limits.max-history-samples"),
  QUERY_TIMEOUT("limits.query-timeout"),
  CONNECTIONS("limits.max-connections");

  private final String flag;

  DoorLimit(String flag) {
    this.flag = flag;
  }

  /** The flag that sets it, without the dashes. */
  public String flag() {
    return flag;
  }
}
