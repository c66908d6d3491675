package io.silverback.codec.model;

/**
 * What is known of the time between two pushes to a group: a running mean, how far the pushes stray
 * from it, and how many they were.
 *
 * <p>Belongs to the last push, whose sender computed it; of two, that of the later push counts.
 *
 * @param pushes how many were learned from, up to {@link #MOST_PUSHES}; 0 for none
 * @param intervalMillis mean time between two
 * @param deviationMillis mean distance from that mean
 */
public record PushRhythm(int pushes, long intervalMillis, long deviationMillis) {
  /** That of a group that nobody has pushed to. */
  public static final PushRhythm NONE = new PushRhythm(0, 0, 0);

  /** That of a group which was pushed to once. */
  public static final PushRhythm FIRST = new PushRhythm(1, 0, 0);

  /** From that many pushes on, an interval is known. */
  public static final int ENOUGH_PUSHES = 5;

  public static final int MOST_PUSHES = 255;
  public static final long MOST_MILLIS = 0xFFFF_FFFFL;

  /*
   * Implementation notes
   *
   * Mean and deviation follow the samples as those of a round trip do in TCP: Jacobson, "Congestion
   * Avoidance and Control", 1988, whose weights these are. Whole numbers, so that every node that
   * sees the same pushes has the same bytes.
   */
  private static final int MEAN_WEIGHT = 8;
  private static final int DEVIATION_WEIGHT = 4;

  /** A pause that is longer than that many intervals is the start of another rhythm, not a beat. */
  private static final int PAUSE_INTERVALS = 4;

  /** Below this, what looks like another rhythm is the jitter of a busy machine. */
  private static final long SHORTEST_PAUSE_MILLIS = 5_000;

  public PushRhythm {
    if (pushes < 0
        || pushes > MOST_PUSHES
        || intervalMillis < 0
        || intervalMillis > MOST_MILLIS
        || deviationMillis < 0
        || deviationMillis > MOST_MILLIS) {
      throw new IllegalArgumentException(
          "not a rhythm: pushes="
              + pushes
              + " intervalMillis="
              + intervalMillis
              + " deviationMillis="
              + deviationMillis);
    }
  }

  /**
   * After one push more.
   *
   * @param gapMillis since the push before by the wall clock, which may have been set back
   */
  public PushRhythm after(long gapMillis) {
    if (pushes == 0) {
      return FIRST;
    }
    if (gapMillis < 0) {
      return this;
    }
    if (gapMillis > MOST_MILLIS || isPause(gapMillis)) {
      return FIRST;
    }
    int more = Math.min(pushes + 1, MOST_PUSHES);
    if (pushes == 1) {
      return new PushRhythm(more, gapMillis, 0);
    }
    long error = gapMillis - intervalMillis;
    long deviation = deviationMillis + (Math.abs(error) - deviationMillis) / DEVIATION_WEIGHT;
    return new PushRhythm(more, intervalMillis + error / MEAN_WEIGHT, deviation);
  }

  /** True if there were enough pushes, none much too early or too late. */
  public boolean isRegular() {
    return pushes >= ENOUGH_PUSHES && deviationMillis <= intervalMillis / 2;
  }

  /** The one of the two that both sides of a merge agree on if they are of the same push. */
  public PushRhythm max(PushRhythm other) {
    if (pushes != other.pushes) {
      return pushes > other.pushes ? this : other;
    }
    if (intervalMillis != other.intervalMillis) {
      return intervalMillis > other.intervalMillis ? this : other;
    }
    return deviationMillis >= other.deviationMillis ? this : other;
  }

  private boolean isPause(long gapMillis) {
    return pushes > 1
        && gapMillis > SHORTEST_PAUSE_MILLIS
        && gapMillis > PAUSE_INTERVALS * intervalMillis;
  }
}
