package io.silverback.cluster.push;

/**
 * Bounds the bytes of what peers sent and still waits; a single one may be larger. For the loop.
 */
public final class WaitingBytes {
  private final long most;
  private long waiting;

  public WaitingBytes(long most) {
    this.most = most;
  }

  /** True if there is room for that many bytes; they are given back afterwards. */
  public boolean take(int length) {
    if (waiting > 0 && waiting + length > most) {
      return false;
    }
    waiting += length;
    return true;
  }

  public void giveBack(int length) {
    waiting -= length;
  }
}
