package io.silverback.server.storage;

/**
 * Groups, one at a time, so that a reader needs no memory for all. Not thread-safe; of no use after
 * a close.
 */
public interface GroupListing extends AutoCloseable {

  /** In the order of their keys. */
  Iterable<ListedGroup> listedGroups();

  @Override
  void close();
}
