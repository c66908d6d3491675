package io.silverback.server.body;

import io.silverback.server.body.BodyCoding.UnreadableBodyException;

/** Undoes a Content-Encoding, bit by bit. Belongs to one thread. */
interface Unpacker extends AutoCloseable {
  /**
   * Writes what comes next for as long as there is room for it.
   *
   * @return true if that was all
   */
  boolean fill(BodyBuffer into) throws UnreadableBodyException;

  @Override
  void close();
}
