package io.silverback.cluster;

/**
 * How far the wall clock of another node is from that of this one.
 *
 * @param aheadMillis by how much it is ahead; below 0 if it is behind
 * @param errorMillis by how much that may be wrong: half the time that the answer took
 */
public record ClockSkew(long aheadMillis, long errorMillis) {

  /** How far apart the two are, whichever is ahead. */
  public long apartMillis() {
    return Math.abs(aheadMillis);
  }
}
