package io.silverback.server.group;

import io.silverback.codec.model.Fingerprint;

/**
 * Where the consistency check counts: rows of {@link #SLOTS} counters of 32 bits, each under a
 * fingerprint.
 *
 * <p>A row that is not there counts 0, and one whose counters are all 0 is not kept. Need not be
 * thread-safe.
 */
public interface Tallies {
  int SLOTS = 8;

  int get(Fingerprint key, int slot);

  /**
   * Copies a whole row, zeros if there is none.
   *
   * @param into takes {@link #SLOTS} counters
   * @return false if there is no such row
   */
  boolean read(Fingerprint key, int[] into);

  /**
   * Throws {@link IllegalStateException} if the counter would fall below 0, and changes nothing.
   */
  void add(Fingerprint key, int slot, int delta);
}
