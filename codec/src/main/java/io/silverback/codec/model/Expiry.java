package io.silverback.codec.model;

/**
 * That a staleness rule took the families of a group.
 *
 * @param at when; {@link Stamp#NEVER} if none did
 * @param keepsPushTime whether the time of the last push stays exposed
 */
public record Expiry(Stamp at, boolean keepsPushTime) {
  public static final Expiry NEVER = new Expiry(Stamp.NEVER, false);

  public Version version() {
    return at.version();
  }

  /** The later one. */
  public Expiry max(Expiry other) {
    return other.version().isAfter(version()) ? other : this;
  }
}
