package io.silverback.server.admin;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * The server that a command asks. An exchange takes a bounded time from its beginning to its end,
 * and a bounded number of bytes, whatever the server does. Not thread-safe.
 */
final class Server implements AutoCloseable {
  /** Of an answer: a thousand members take about 400 KB. */
  static final int MOST_BYTES = 16 * 1024 * 1024;

  private final String address;
  private final String credentials;
  private final HttpClient client;

  /**
   * A server at an address, which may hold a user and a password.
   *
   * @param trust which certificates to trust for https, empty for those that the JDK trusts
   */
  Server(URI address, Optional<SSLContext> trust) {
    String path = address.getRawPath() == null ? "" : address.getRawPath();
    this.address =
        address.getScheme()
            + "://"
            + address.getHost()
            + (address.getPort() < 0 ? "" : ":" + address.getPort())
            + (path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
    this.credentials = address.getUserInfo() == null ? "" : address.getUserInfo();
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER);
    trust.ifPresent(builder::sslContext);
    client = builder.build();
  }

  /** A status and a body. */
  record Answer(int status, byte[] body) {
    boolean isSuccess() {
      return status / 100 == 2;
    }
  }

  /** Why there is no answer. */
  static final class UnreachedException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreachedException(String reason) {
      super(reason, null, false, false);
    }
  }

  /** The address without user and password. */
  @Override
  public String toString() {
    return address;
  }

  /**
   * Sends a request without a body.
   *
   * @param path from {@code /api} on
   * @param most how long the whole exchange may take
   */
  Answer send(String method, String path, Duration most) throws UnreachedException {
    return send(method, path, HttpRequest.BodyPublishers.noBody(), Map.of(), most);
  }

  /** Sends a request with a body, and with headers about it. */
  Answer send(
      String method,
      String path,
      HttpRequest.BodyPublisher body,
      Map<String, String> headers,
      Duration most)
      throws UnreachedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + path))
            .method(method, body)
            .header("Accept", "application/json");
    headers.forEach(request::header);
    if (!credentials.isEmpty()) {
      byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
      request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
    }
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(
            request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_BYTES));
    try {
      HttpResponse<byte[]> answer = exchange.get(most.toNanos(), TimeUnit.NANOSECONDS);
      return new Answer(answer.statusCode(), answer.body());
    } catch (TimeoutException _) {
      exchange.cancel(true);
      throw new UnreachedException("no answer in time: timeout=" + most.toMillis() + "ms");
    } catch (ExecutionException e) {
      throw new UnreachedException(reason(e));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new UnreachedException("interrupted");
    }
  }

  private static String reason(ExecutionException failure) {
    return switch (failure.getCause()) {
      case HttpConnectTimeoutException _ -> "cannot connect in time";
      case ConnectException _ -> "cannot connect, start the server or change --url";
      case SSLException e ->
          "no secure connection, see whether --url and --ca-file are right: " + message(e);
      case IOException e -> "the exchange with the server failed: " + message(e);
      default -> throw new IllegalStateException(failure);
    };
  }

  private static String message(IOException e) {
    String message = e.getMessage();
    return message == null
        ? e.getClass().getSimpleName()
        : Table.printable(message.toLowerCase(Locale.ROOT));
  }

  /** Ends what is under way, unread. */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
