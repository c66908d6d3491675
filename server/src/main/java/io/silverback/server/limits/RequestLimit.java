package io.silverback.server.limits;

/** What is bounded of requests. */
public enum RequestLimit {
  BODY_SIZE("limits.max-body-size"),
  INFLATED_SIZE("limits.max-inflated-size"),
  BODY_MEMORY("limits.max-body-memory"),
  LABELS("limits.max-labels-per-series"),
  KEY_LENGTH("limits.max-key-length"),
  FAMILIES("limits.max-families-per-push"),
  PUSH_TIMEOUT("limits.push-timeout"),
  SELECTORS("limits.max-selectors"),
  FORM_SIZE("limits.max-form-size"),
  BODY_TIMEOUT("limits.body-timeout"),
  BODY_RATE("limits.min-body-rate"),
  BODY_TIME("limits.max-body-time"),
  PUSHES("limits.max-concurrent-pushes"),
  SCRAPES("limits.max-concurrent-scrapes"),
  SCRAPE_MEMORY("limits.max-scrape-memory"),
  HISTORY_SAMPLES("limits.max-history-samples"),
  QUERY_TIMEOUT("limits.query-timeout"),
  QUERY_MEMORY("limits.max-query-memory"),
  CONNECTIONS("limits.max-connections");

  private final String flag;

  RequestLimit(String flag) {
    this.flag = flag;
  }

  /** The flag that sets it, without the dashes. */
  public String flag() {
    return flag;
  }
}
