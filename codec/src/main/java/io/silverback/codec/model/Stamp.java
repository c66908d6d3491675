package io.silverback.codec.model;

/**
 * A version and the wall clock of the node that gave it.
 *
 * @param wallMillis milliseconds since the epoch: for ages and for show, never for order
 */
public record Stamp(Version version, long wallMillis) implements Comparable<Stamp> {
  public static final Stamp NEVER = new Stamp(Version.NEVER, 0);

  public Stamp max(Stamp other) {
    return other.version.isAfter(version) ? other : this;
  }

  /** An order for tables only: what is newer, the version alone decides. */
  @Override
  public int compareTo(Stamp other) {
    int order = version.compareTo(other.version);
    return order != 0 ? order : Long.compare(wallMillis, other.wallMillis);
  }
}
