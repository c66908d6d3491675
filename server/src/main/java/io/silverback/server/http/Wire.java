package io.silverback.server.http;

import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * The bytes of one connection, in the clear or through TLS.
 *
 * <p>Read by one thread and written by one thread; {@link #endInput} and {@link #drop} may be
 * called by any other, and end a read or write that waits.
 */
interface Wire {
  /** The most bytes of one read or write, so that no call needs a large buffer of the JDK. */
  int MOST_BYTES = 64 * 1024;

  /**
   * Waits for bytes.
   *
   * @return how many came, at least one unless the length is zero; -1 for the end
   */
  int read(byte[] bytes, int offset, int length) throws IOException;

  /**
   * True if the client has ended its side, or an exception if it is gone; found out without waiting
   * by the thread that reads. What it sent meanwhile is kept for the next read, and may hide the
   * end until then.
   */
  boolean hasEnded() throws IOException;

  /** The certificate of the client that a client CA vouches for; empty without one. */
  Optional<X509Certificate> clientCertificate();

  /** Sends all of them, and waits where the client does not keep up. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /** Tells the client, where it can be told, that nothing more will come. */
  void endOutput() throws IOException;

  /** From now on a read finds the end. */
  void endInput() throws IOException;

  /** Ends the connection as its protocol has it; may wait for the client. */
  void close() throws IOException;

  /** Ends the connection at once. */
  void drop() throws IOException;
}
