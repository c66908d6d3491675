package io.silverback.codec.model;

/**
 * 128 bits that stand for what was hashed: equal things have equal ones, and two different things
 * that nobody made to collide never do.
 *
 * <p>Not proof against somebody who searches for a collision: whoever keeps things of several
 * clients under one must compare the things themselves too, or give {@link Fingerprinter} a seed
 * that no client knows.
 */
public record Fingerprint(long high, long low) {
  public static final Fingerprint NONE = new Fingerprint(0, 0);
}
