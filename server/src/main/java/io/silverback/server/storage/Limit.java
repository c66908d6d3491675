package io.silverback.server.storage;

/** What a store is not to outgrow. */
public enum Limit {
  MEMORY("storage.max-memory"),
  GROUPS("limits.max-groups"),
  SERIES("limits.max-series"),
  SERIES_PER_GROUP("limits.max-series-per-group"),
  LABEL_LENGTH("limits.max-label-length"),
  FREE_DISK("limits.min-free-disk"),

  /** What fits into an entry of a map; no flag sets it. */
  ENTRY("entry");

  private final String flag;

  Limit(String flag) {
    this.flag = flag;
  }

  /** The flag that sets it, without the dashes; a word that is no flag if none does. */
  public String flag() {
    return flag;
  }
}
