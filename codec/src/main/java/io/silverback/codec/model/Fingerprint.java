package io.silverback.codec.model;

/**
 * 128 bits in place of what was hashed: equal things have equal ones, and two different things that
 * nobody made to collide never do.
 *
 * <p>Anyone who wants two things with one {@link Fingerprinter} result finds them. So code that
 * keeps things of several clients under one fingerprint compares the things themselves, too.
 */
public record Fingerprint(long high, long low) implements Comparable<Fingerprint> {
  public static final int BYTES = 2 * Long.BYTES;
  public static final Fingerprint NONE = new Fingerprint(0, 0);

  /** As numbers without a sign: an order for tables, in which many may share a hash code. */
  @Override
  public int compareTo(Fingerprint other) {
    int order = Long.compareUnsigned(high, other.high);
    return order != 0 ? order : Long.compareUnsigned(low, other.low);
  }
}
