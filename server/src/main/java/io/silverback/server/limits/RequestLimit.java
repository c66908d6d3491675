package io.silverback.server.limits;

/** What is bounded of requests. */
public enum RequestLimit {
  BODY_SIZE("limits.max-body-size", LimitUnit.BYTES),
  INFLATED_SIZE("limits.max-inflated-size", LimitUnit.BYTES),
  INFLATED_PART("limits.max-inflated-part", LimitUnit.BYTES),
  PARSED_RATIO("limits.max-parsed-ratio", LimitUnit.COUNT),
  BODY_MEMORY("limits.max-body-memory", LimitUnit.BYTES),
  LABELS("limits.max-labels-per-series", LimitUnit.COUNT),
  KEY_LENGTH("limits.max-key-length", LimitUnit.COUNT),
  FAMILIES("limits.max-families-per-push", LimitUnit.COUNT),
  PUSH_TIMEOUT("limits.push-timeout", LimitUnit.SECONDS),
  SELECTORS("limits.max-selectors", LimitUnit.COUNT),
  FORM_SIZE("limits.max-form-size", LimitUnit.BYTES),
  BODY_TIMEOUT("limits.body-timeout", LimitUnit.SECONDS),
  BODY_RATE("limits.min-body-rate", LimitUnit.BYTES_PER_SECOND),
  BODY_TIME("limits.max-body-time", LimitUnit.SECONDS),
  PUSHES("limits.max-concurrent-pushes", LimitUnit.COUNT),
  SCRAPES("limits.max-concurrent-scrapes", LimitUnit.COUNT),
  READS("limits.max-concurrent-reads", LimitUnit.COUNT),
  SCRAPE_MEMORY("limits.max-scrape-memory", LimitUnit.BYTES),
  HISTORY_SAMPLES("limits.max-history-samples", LimitUnit.COUNT),
  QUERY_TIMEOUT("limits.query-timeout", LimitUnit.SECONDS),
  QUERY_MEMORY("limits.max-query-memory", LimitUnit.BYTES),
  CONNECTIONS("limits.max-connections", LimitUnit.COUNT);

  private final String flag;
  private final LimitUnit unit;

  RequestLimit(String flag, LimitUnit unit) {
    this.flag = flag;
    this.unit = unit;
  }

  /** The flag that sets it, without the dashes. */
  public String flag() {
    return flag;
  }

  LimitUnit unit() {
    return unit;
  }
}
