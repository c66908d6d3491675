package io.silverback.server.storage;

import io.silverback.server.group.HeldFamily;

/**
 * What groups held at one moment, family by family, so that a reader needs no memory for all. Not
 * thread-safe; of no use after a close.
 */
public interface FamilyListing extends AutoCloseable {

  /**
   * What the groups hold, push times included, in the order of the names. May be taken several
   * times of a {@link Snapshot}, and once of anything else.
   */
  Iterable<HeldFamily> families();

  /**
   * How many groups changed since, and could not be kept as they were, so that they are left out.
   */
  default int lost() {
    return 0;
  }

  /**
   * False once another server may show something newer; to be asked again before the last byte of
   * an answer leaves.
   */
  default boolean isCurrent() {
    return true;
  }

  @Override
  void close();
}
