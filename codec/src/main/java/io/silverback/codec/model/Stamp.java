package io.silverback.codec.model;

/**
 * A version and the wall clock of the node that gave it.
 *
 * @param wallMillis milliseconds since the epoch: for ages and for show, never for order
 */
public record Stamp(Version version, long wallMillis) {
  public static final Stamp NEVER = new Stamp(Version.NEVER, 0);

  public Stamp max(Stamp other) {
    return other.version.isAfter(version) ? other : this;
  }
}
