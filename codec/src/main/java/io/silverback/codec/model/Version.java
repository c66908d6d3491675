package io.silverback.codec.model;

/**
 * When a push was sequenced: the order that decides which of two states of a family is newer.
 *
 * <p>Compared field by field in this order, so a leader of a later view beats whatever its
 * predecessors stamped. Unique, since the incarnation is random per process start.
 *
 * @param epoch number of the cluster's view, 0 on a single node
 * @param clock hybrid logical clock: milliseconds in the upper 48 bits, a counter below
 * @param incarnation random number of the process that gave this version
 */
public record Version(long epoch, long clock, long incarnation) implements Comparable<Version> {
  /** Older than any version that was ever given. */
  public static final Version NEVER = new Version(0, 0, 0);

  public boolean isAfter(Version other) {
    return compareTo(other) > 0;
  }

  public Version max(Version other) {
    return isAfter(other) ? this : other;
  }

  /**
   * The epoch that one has to reach whose version counts as older than this one, though it is the
   * later one. Within an epoch that is so if another process gave this one: the epoch is of a
   * cluster that was there before.
   *
   * @return 0 if it need reach none
   */
  public long epochAbove(Version later) {
    if (!isAfter(later) || (epoch == later.epoch && incarnation == later.incarnation)) {
      return 0;
    }
    return epoch == later.epoch ? epoch + 1 : epoch;
  }

  @Override
  public int compareTo(Version other) {
    int order = Long.compare(epoch, other.epoch);
    if (order == 0) {
      order = Long.compare(clock, other.clock);
    }
    return order != 0 ? order : Long.compare(incarnation, other.incarnation);
  }
}
