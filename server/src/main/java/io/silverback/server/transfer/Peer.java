package io.silverback.server.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A server that takes part in a transfer.
 *
 * <p>Sends one request after the other, over one connection as long as the server keeps it. Not
 * thread-safe.
 */
final class Peer {
  /* Implementation notes: not java.net.http, whose time limit ends with the head of the answer: a
   * server that stops in the middle of its groups would hold the transfer up for ever. */

  private static final int MOST_TRIES = 5;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
  private static final int MOST_REASON_BYTES = 4096;
  private static final int TOO_MANY_REQUESTS = 429;

  private final String flag;
  private final String address;
  private final String credentials;
  private final Duration timeout;

  /**
   * A server at an address, which may hold a user and a password.
   *
   * @param flag that the address came from
   */
  Peer(String flag, URI address, Duration timeout) {
    String path = address.getRawPath() == null ? "" : address.getRawPath();
    this.flag = flag;
    this.address =
        address.getScheme()
            + "://"
            + address.getHost()
            + (address.getPort() < 0 ? "" : ":" + address.getPort())
            + (path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
    this.credentials = address.getUserInfo() == null ? "" : address.getUserInfo();
    this.timeout = timeout;
  }

  /** The status of an answer, and its text up to some length. */
  record Answer(int status, String text) {
    boolean isSuccess() {
      return status / 100 == 2;
    }
  }

  /** The address without user and password. */
  @Override
  public String toString() {
    return address;
  }

  /**
   * The body of the answer to a GET, which the caller closes.
   *
   * @throws UnexpectedAnswer if it is not a 200
   */
  InputStream get(String path, String accept) throws UnexpectedAnswer {
    try {
      HttpURLConnection request = open(path);
      request.setRequestProperty("Accept", accept);
      int status = request.getResponseCode();
      if (status != HttpURLConnection.HTTP_OK) {
        throw new UnexpectedAnswer(answer(request, status));
      }
      return request.getInputStream();
    } catch (IOException e) {
      throw fault(e);
    }
  }

  /** Says why a GET was not answered with what was asked for. */
  static final class UnexpectedAnswer extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;

    UnexpectedAnswer(Answer answer) {
      super("status=" + answer.status() + " answer=" + answer.text(), null, false, false);
      this.status = answer.status();
    }

    int status() {
      return status;
    }
  }

  /** Sends a PUT, a few times if the server asks for that. */
  Answer put(String path, String contentType, byte[] body) {
    try {
      for (int attempt = 1; ; attempt++) {
        HttpURLConnection request = open(path);
        request.setRequestMethod("PUT");
        request.setRequestProperty("Content-Type", contentType);
        request.setDoOutput(true);
        try (OutputStream out = request.getOutputStream()) {
          out.write(body);
        }
        int status = request.getResponseCode();
        Answer answer = answer(request, status);
        boolean isBusy =
            status == TOO_MANY_REQUESTS || status == HttpURLConnection.HTTP_UNAVAILABLE;
        String retryAfter = request.getHeaderField("Retry-After");
        if (!isBusy || retryAfter == null || attempt == MOST_TRIES) {
          return answer;
        }
        Thread.sleep(wait(retryAfter));
      }
    } catch (IOException e) {
      throw fault(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransferException("interrupted while the server was busy: " + address);
    }
  }

  /** What ends a transfer when reading from this server fails. */
  TransferException fault(IOException e) {
    String reason =
        switch (e) {
          case ConnectException _ ->
              "cannot connect, start the server or change " + flag + ": " + message(e);
          case UnknownHostException _ -> "no such host, change " + flag;
          case SocketTimeoutException _ ->
              "no answer in time, see what keeps the server busy or raise --timeout: timeout="
                  + timeout.toMillis()
                  + "ms";
          default -> "the exchange with the server of " + flag + " failed: " + message(e);
        };
    return new TransferException(address + ": " + reason);
  }

  /** What ends a transfer when the server does not let us in. */
  TransferException locked(int status) {
    return new TransferException(
        address
            + ": the server does not let us in, put user:password@ before the host in "
            + flag
            + ": status="
            + status);
  }

  private HttpURLConnection open(String path) throws IOException {
    var request = (HttpURLConnection) URI.create(address + path).toURL().openConnection();
    request.setConnectTimeout((int) timeout.toMillis());
    request.setReadTimeout((int) timeout.toMillis());
    request.setInstanceFollowRedirects(false);
    request.setUseCaches(false);
    if (!credentials.isEmpty()) {
      byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
      request.setRequestProperty(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
    }
    return request;
  }

  /** Reads the answer to its end, so that the connection can be used again. */
  private static Answer answer(HttpURLConnection request, int status) throws IOException {
    @Nullable InputStream body =
        status >= HttpURLConnection.HTTP_BAD_REQUEST
            ? request.getErrorStream()
            : request.getInputStream();
    if (body == null) {
      return new Answer(status, "");
    }
    try (body) {
      String text = new String(body.readNBytes(MOST_REASON_BYTES), StandardCharsets.UTF_8);
      body.skip(Long.MAX_VALUE);
      return new Answer(status, text.strip());
    }
  }

  private static Duration wait(String retryAfter) {
    try {
      Duration asked = Duration.ofSeconds(Long.parseLong(retryAfter.strip()));
      return asked.compareTo(LONGEST_WAIT) < 0 ? asked : LONGEST_WAIT;
    } catch (NumberFormatException _) {
      // A date, which depends on two clocks.
      return Duration.ofSeconds(1);
    }
  }

  private static String message(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.toLowerCase(Locale.ROOT);
  }
}
