package io.silverback.server.remotewrite;

import io.silverback.server.body.SnappyBlockStream;
import io.silverback.server.remotewrite.RemoteWriteConfig.Credentials;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The address of a target, to which requests of remote write 1.0 are sent. A request takes a
 * bounded time from its beginning to the end of its answer, of which little is read. Thread-safe.
 */
final class RemoteEndpoint implements AutoCloseable {
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_FAULTS = 500;
  private static final int SERVER_FAULTS_END = 600;

  private final RemoteWriteConfig config;
  private final String userAgent;
  private final HttpClient client;

  /**
   * Makes a client, and no connection yet.
   *
   * @throws IOException if the certificates cannot be read
   */
  RemoteEndpoint(RemoteWriteConfig config, String userAgent) throws IOException {
    this.config = config;
    this.userAgent = userAgent;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(config.timeout())
            .executor(Executors.newVirtualThreadPerTaskExecutor());
    TargetTrust.of(config.tls()).ifPresent(builder::sslContext);
    client = builder.build();
  }

  /** What became of a request. */
  sealed interface Answer {
    record Delivered(int bytes) implements Answer {}

    /**
     * The same request may do better later.
     *
     * @param pause for which the target asks; zero if it does not
     */
    record Failed(String reason, Duration pause) implements Answer {}

    /** The same request would do no better. */
    record Refused(int status, String text) implements Answer {}
  }

  /**
   * Sends a message.
   *
   * @param attempt 0 for the first one
   */
  Answer send(byte[] message, int attempt) throws InterruptedException {
    byte[] body = packed(message);
    HttpRequest request;
    try {
      request = request(body, attempt);
    } catch (IOException e) {
      return new Answer.Failed(String.valueOf(e.getMessage()), Duration.ZERO);
    }
    CompletableFuture<HttpResponse<String>> exchange =
        client.sendAsync(request, _ -> new FirstBytes());
    try {
      return answer(exchange.get(config.timeout().toNanos(), TimeUnit.NANOSECONDS), body.length);
    } catch (TimeoutException _) {
      return new Answer.Failed("no answer in time", Duration.ZERO);
    } catch (ExecutionException e) {
      return new Answer.Failed(reason(e), Duration.ZERO);
    } finally {
      exchange.cancel(true);
    }
  }

  private static byte[] packed(byte[] message) {
    var packed = new ByteArrayOutputStream(message.length / 2);
    try (var block = new SnappyBlockStream(packed, message.length)) {
      block.write(message);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return packed.toByteArray();
  }

  private HttpRequest request(byte[] body, int attempt) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(config.url())
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .header("Content-Encoding", "snappy")
            .header("Content-Type", "application/x-protobuf")
            .header("User-Agent", userAgent)
            .header("X-Prometheus-Remote-Write-Version", "0.1.0");
    if (attempt > 0) {
      request.header("Retry-Attempt", Integer.toString(attempt));
    }
    config.headers().forEach(request::header);
    switch (config.credentials()) {
      case Credentials.None() -> {}
      case Credentials.Basic(var user, var password) -> {
        byte[] pair = (user.read() + ":" + password.read()).getBytes(StandardCharsets.UTF_8);
        request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(pair));
      }
      case Credentials.Authorization(var scheme, var secret) ->
          request.header("Authorization", scheme + " " + secret.read());
    }
    return request.build();
  }

  private Answer answer(HttpResponse<String> response, int bytes) {
    int status = response.statusCode();
    if (status / 100 == 2) {
      return new Answer.Delivered(bytes);
    }
    boolean isServerFault = status >= SERVER_FAULTS && status < SERVER_FAULTS_END;
    boolean isPassing =
        isServerFault || (status == TOO_MANY_REQUESTS && config.queue().retriesTooMany());
    return isPassing
        ? new Answer.Failed(
            "status " + status + " " + response.body(),
            pause(response.headers().firstValue("Retry-After"), Instant.now()))
        : new Answer.Refused(status, response.body());
  }

  /** The pause that a header {@code Retry-After} asks for, in seconds or as a date. */
  static Duration pause(Optional<String> header, Instant now) {
    if (header.isEmpty()) {
      return Duration.ZERO;
    }
    String text = header.get().strip();
    try {
      Duration asked =
          text.chars().allMatch(c -> c >= '0' && c <= '9')
              ? Duration.ofSeconds(Integer.parseInt(text))
              : Duration.between(
                  now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      return asked.isNegative() ? Duration.ZERO : asked;
    } catch (NumberFormatException | DateTimeParseException _) {
      return Duration.ZERO;
    }
  }

  private static String reason(ExecutionException failure) {
    return switch (failure.getCause()) {
      case ConnectException _ -> "cannot connect";
      case IOException e when e.getMessage() != null -> String.valueOf(e.getMessage());
      case IOException e -> e.getClass().getSimpleName();
      case null, default -> throw new IllegalStateException(failure);
    };
  }

  /** Ends what is under way, unread. */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
