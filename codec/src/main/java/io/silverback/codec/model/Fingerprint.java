package io.silverback.codec.model;

/**
 * 128 bits that stand for what was hashed: equal things have equal ones, and two different things
 * that nobody made to collide never do.
 *
 * <p>Somebody who wants two things with one {@link Fingerprinter} result finds them. So whoever
 * keeps things of several clients under one compares the things themselves, too.
 */
public record Fingerprint(long high, long low) {
  public static final Fingerprint NONE = new Fingerprint(0, 0);
}
