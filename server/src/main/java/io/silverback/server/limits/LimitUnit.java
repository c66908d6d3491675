package io.silverback.server.limits;

import io.silverback.server.storage.Limit;

/** What a limit is measured in: metrics show limits of one unit alone under one name. */
public enum LimitUnit {
  /** Of things, or of characters. */
  COUNT(""),
  BYTES("_bytes"),
  SECONDS("_seconds"),
  BYTES_PER_SECOND("_bytes_per_second");

  private final String suffix;

  LimitUnit(String suffix) {
    this.suffix = suffix;
  }

  /** The end of the names of metrics in this unit. */
  public String suffix() {
    return suffix;
  }

  static LimitUnit of(Limit limit) {
    return switch (limit) {
      case MEMORY, LABEL_LENGTH, FREE_DISK, ENTRY -> BYTES;
      case GROUPS, SERIES, SERIES_PER_GROUP -> COUNT;
    };
  }
}
