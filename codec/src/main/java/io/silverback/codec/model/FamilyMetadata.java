package io.silverback.codec.model;

/**
 * What is known of all series of a family. Immutable.
 *
 * @param help the help text, empty for none
 * @param unit the unit, empty for none
 */
public record FamilyMetadata(String name, MetricType type, String help, String unit) {
  /** That of a family of which nothing is known but its name. */
  public static FamilyMetadata unknown(String name) {
    return new FamilyMetadata(name, MetricType.UNTYPED, "", "");
  }
}
