package io.silverback.codec.model;

/**
 * When what happened to a group, and what follows from that.
 *
 * <p>An update has bounds too: those of a group to which nothing else ever happened. {@link #max}
 * joins them with the bounds of the group. It is commutative, associative and idempotent, so nodes
 * may learn of updates in any order.
 *
 * @param deletedAt version of the last DELETE
 * @param replacedAt version of the last PUT
 * @param expiry the last one by a staleness rule
 * @param push the last push that was taken
 * @param failure the last push that was refused
 * @param rhythm of the pushes that were taken
 */
public record GroupBounds(
    Version deletedAt,
    Version replacedAt,
    Expiry expiry,
    Stamp push,
    Stamp failure,
    PushRhythm rhythm) {
  /** Those of a group that nobody has pushed to. */
  public static final GroupBounds NEVER =
      new GroupBounds(
          Version.NEVER, Version.NEVER, Expiry.NEVER, Stamp.NEVER, Stamp.NEVER, PushRhythm.NONE);

  /** Those of a DELETE. */
  public static GroupBounds ofDelete(Version at) {
    return new GroupBounds(
        at, Version.NEVER, Expiry.NEVER, Stamp.NEVER, Stamp.NEVER, PushRhythm.NONE);
  }

  /** Those of an expiry. */
  public static GroupBounds ofExpiry(Expiry expiry) {
    return new GroupBounds(
        Version.NEVER, Version.NEVER, expiry, Stamp.NEVER, Stamp.NEVER, PushRhythm.NONE);
  }

  /** Those of a push that was refused. The group exists from then on. */
  public static GroupBounds ofFailure(Stamp failure) {
    return new GroupBounds(
        Version.NEVER, Version.NEVER, Expiry.NEVER, Stamp.NEVER, failure, PushRhythm.NONE);
  }

  /**
   * Those of a push to a group that has these.
   *
   * @param replaces true for a PUT, which hides all families that it does not bring
   */
  public GroupBounds ofPush(Stamp stamp, boolean replaces) {
    // A DELETE ends the rhythm as well.
    PushRhythm next =
        push.version().isAfter(deletedAt)
            ? rhythm.after(stamp.wallMillis() - push.wallMillis())
            : PushRhythm.FIRST;
    return new GroupBounds(
        Version.NEVER,
        replaces ? stamp.version() : Version.NEVER,
        Expiry.NEVER,
        stamp,
        Stamp.NEVER,
        next);
  }

  /** The later of each. */
  public GroupBounds max(GroupBounds other) {
    return new GroupBounds(
        deletedAt.max(other.deletedAt),
        replacedAt.max(other.replacedAt),
        expiry.max(other.expiry),
        push.max(other.push),
        failure.max(other.failure),
        rhythmOfLater(other));
  }

  private PushRhythm rhythmOfLater(GroupBounds other) {
    int order = push.version().compareTo(other.push.version());
    return order == 0 ? rhythm.max(other.rhythm) : order > 0 ? rhythm : other.rhythm;
  }

  /** True if the group was pushed to, with or without success, since it was last deleted. */
  public boolean exists() {
    return exists(deletedAt, push, failure);
  }

  /** The same for a reader that has the fields at hand and makes no record of them. */
  public static boolean exists(Version deletedAt, Stamp push, Stamp failure) {
    return push.version().isAfter(deletedAt) || failure.version().isAfter(deletedAt);
  }

  /** The last push that was taken since the group was last deleted, else the last refused one. */
  public Stamp lastPush() {
    return push.version().isAfter(deletedAt) ? push : failure;
  }

  /** True if the group exists and has expired since it was last pushed to. */
  public boolean isStale() {
    return exists() && expiry.version().isAfter(lastPush().version());
  }

  /** True if a family still counts that a push of this version wrote. */
  public boolean isVisible(Version written) {
    return written.isAfter(deletedAt)
        && written.isAfter(expiry.version())
        && written.compareTo(replacedAt) >= 0;
  }

  /** When the last push was taken, in milliseconds since the epoch; 0 if none since a DELETE. */
  public long pushMillis() {
    return millis(push, deletedAt);
  }

  /** When the last push was refused, in milliseconds since the epoch; 0 if none since a DELETE. */
  public long failureMillis() {
    return millis(failure, deletedAt);
  }

  /** The same for a reader that has the fields at hand and makes no record of them. */
  public static long millis(Stamp stamp, Version deletedAt) {
    return stamp.version().isAfter(deletedAt) ? stamp.wallMillis() : 0;
  }

  /** When a DELETE, a PUT or an expiry last removed series, in milliseconds since the epoch. */
  public long removedMillis() {
    return Math.max(endedMillis(), VersionClock.millisOf(replacedAt));
  }

  /** The same of a DELETE or an expiry alone, which remove all series. */
  public long endedMillis() {
    return Math.max(VersionClock.millisOf(deletedAt), VersionClock.millisOf(expiry.version()));
  }

  /** The newest version of anything that happened to the group. */
  public Version newest() {
    return push.version()
        .max(failure.version())
        .max(deletedAt)
        .max(replacedAt)
        .max(expiry.version());
  }

  /** True if nothing is newer in the others, so that {@link #max} with them changes nothing. */
  public boolean knowsAllOf(GroupBounds other) {
    return !other.deletedAt.isAfter(deletedAt)
        && !other.replacedAt.isAfter(replacedAt)
        && !other.expiry.version().isAfter(expiry.version())
        && !other.push.version().isAfter(push.version())
        && !other.failure.version().isAfter(failure.version());
  }
}
