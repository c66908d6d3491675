package io.silverback.cluster;

/**
 * Bounds the bytes of what peers sent and still waits; a single one may be larger. For the loop.
 */
final class WaitingBytes {
  private final long most;
  private long waiting;

  WaitingBytes(long most) {
    this.most = most;
  }

  /** True if there is room for that many bytes; they are given back afterwards. */
  boolean take(int length) {
    if (waiting > 0 && waiting + length > most) {
      return false;
    }
    waiting += length;
    return true;
  }

  void giveBack(int length) {
    waiting -= length;
  }
}
