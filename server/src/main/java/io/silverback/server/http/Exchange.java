package io.silverback.server.http;

import io.helidon.webserver.http.ServerRequest;
import io.silverback.server.permission.Caller;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * One request on its connection: its body, which the web server does not see, who sent it, and how
 * the connection goes on after the answer.
 *
 * <p>Belongs to the thread of its connection.
 */
public final class Exchange {
  /**
   * What is skipped of a body that nobody read, so that the connection can be used again; as much
   * as Go skips.
   */
  static final long MOST_SKIPPED_BYTES = 256 * 1024;

  private final RequestHead head;
  private final RequestBody body;
  private final Connection connection;
  private Caller caller = Caller.NOBODY;
  private boolean isLast;

  Exchange(RequestHead head, RequestBody body, Connection connection) {
    this.head = head;
    this.body = body;
    this.connection = connection;
    this.isLast = head.wantsClose();
  }

  /** That of a request which this server is answering. */
  public static Exchange of(ServerRequest request) {
    return ((ClientPeer) request.remotePeer()).exchange();
  }

  public RequestBody body() {
    return body;
  }

  /**
   * True if the client knows no chunks, and takes the end of the connection for that of the answer.
   */
  public boolean isHttp10() {
    return head.isHttp10();
  }

  /** When the connection was accepted, by {@link System#nanoTime}. */
  public long acceptedNanos() {
    return connection.acceptedNanos();
  }

  /**
   * True if the client is gone, or ended its side of the connection a second ago: then nobody waits
   * for the answer. Costs a system call. For when the body is read and no answer has begun.
   */
  public boolean isAbandoned() {
    return connection.isAbandoned();
  }

  /** The certificate of the client that a client CA vouches for; empty without one. */
  public Optional<X509Certificate> clientCertificate() {
    return connection.clientCertificate();
  }

  /** Who sent the request; nobody, who may do nothing, until that was found out. */
  public Caller caller() {
    return caller;
  }

  /** Says who sent the request. */
  public void identify(Caller found) {
    caller = found;
  }

  /** Ends the connection after the answer, of which nothing may be sent yet. */
  public void endConnection() {
    isLast = true;
  }

  /**
   * Decides, when the answer begins, whether the connection ends with it.
   *
   * <p>It does if the client may or may not send a body that was not read: one that waits for a 100
   * is free to send none.
   */
  boolean endsConnection() {
    boolean isFreeToSendNone = head.asksToContinue() && !body.isOpen();
    isLast |= !body.isComplete() && (isFreeToSendNone || body.announced() > MOST_SKIPPED_BYTES);
    return isLast;
  }
}
