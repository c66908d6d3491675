package io.silverback.server.remotewrite;

import io.silverback.codec.model.FamilyMetadata;
import io.silverback.codec.remotewrite.WriteBatch;
import io.silverback.codec.remotewrite.WriteProtocol;
import io.silverback.codec.remotewrite.WriteRequest;
import io.silverback.server.body.SnappyBlockStream;
import io.silverback.server.log.Log;
import io.silverback.server.remotewrite.RemoteWriteConfig.Credentials;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The address of a target, to which requests of remote write are sent. A request takes a bounded
 * time from its beginning to the end of its answer, of which little is read. Thread-safe.
 *
 * <p>A target that is found not to know version 2.0 gets 1.0 from then on.
 */
final class RemoteEndpoint implements AutoCloseable {
  private static final Log log = Log.of(RemoteEndpoint.class);

  private static final int UNSUPPORTED_MEDIA_TYPE = 415;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_FAULTS = 500;
  private static final int SERVER_FAULTS_END = 600;

  /** Headers of 2.0 with how much of a request the target took. */
  private static final String WRITTEN = "X-Prometheus-Remote-Write-%s-Written";

  private static final String SAMPLES_WRITTEN = WRITTEN.formatted("Samples");
  private static final List<String> ALL_WRITTEN =
      List.of(SAMPLES_WRITTEN, WRITTEN.formatted("Histograms"), WRITTEN.formatted("Exemplars"));

  private final RemoteWriteConfig config;
  private final String userAgent;
  private final HttpClient client;
  private volatile WriteProtocol protocol;

  /**
   * Makes a client, and no connection yet.
   *
   * @throws IOException if the certificates cannot be read
   */
  RemoteEndpoint(RemoteWriteConfig config, String userAgent) throws IOException {
    this.config = config;
    this.userAgent = userAgent;
    this.protocol = config.protocol();
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(config.timeout())
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .proxy(config.proxy().map(ProxySelector::of).orElse(HttpClient.Builder.NO_PROXY));
    TargetTls.set(config.tls(), builder);
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

    /**
     * The same request would do no better.
     *
     * @param bytes of the body
     * @param written how many samples the target took all the same
     */
    record Refused(int status, String text, int bytes, int written) implements Answer {}
  }

  /** What is sent now. */
  WriteProtocol protocol() {
    return protocol;
  }

  /**
   * Sends samples.
   *
   * @param attempt 0 for the first one
   */
  Answer send(WriteBatch batch, int attempt) throws InterruptedException {
    WriteProtocol spoken = protocol;
    return send(spoken, spoken.encode(batch), batch.samples(), attempt);
  }

  /** Sends metadata by 1.0; by 2.0 it comes with the samples. */
  Answer send(List<FamilyMetadata> families) throws InterruptedException {
    return send(WriteProtocol.V1, WriteRequest.ofMetadata(families), 0, 0);
  }

  private Answer send(WriteProtocol spoken, byte[] message, int samples, int attempt)
      throws InterruptedException {
    byte[] body = packed(message);
    HttpRequest request;
    try {
      request = request(spoken, body, attempt);
    } catch (IOException e) {
      return new Answer.Failed(String.valueOf(e.getMessage()), Duration.ZERO);
    }
    CompletableFuture<HttpResponse<String>> exchange =
        client.sendAsync(request, _ -> new FirstBytes());
    try {
      var response = exchange.get(config.timeout().toNanos(), TimeUnit.NANOSECONDS);
      return spoken == WriteProtocol.V2
          ? answer2(response, samples, body.length)
          : answer(response, 0, body.length);
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

  private HttpRequest request(WriteProtocol spoken, byte[] body, int attempt) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(config.url())
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .header("Content-Encoding", "snappy")
            .header("Content-Type", spoken.contentType())
            .header("User-Agent", userAgent)
            .header("X-Prometheus-Remote-Write-Version", spoken.versionHeader());
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

  /** A target that takes 2.0 says how much of it it took, also of what it refuses. */
  private Answer answer2(HttpResponse<String> response, int samples, int bytes) {
    int status = response.statusCode();
    HttpHeaders headers = response.headers();
    boolean isSuccess = isSuccess(status);
    boolean says = ALL_WRITTEN.stream().anyMatch(name -> headers.firstValue(name).isPresent());
    if (status == UNSUPPORTED_MEDIA_TYPE || (isSuccess && !says)) {
      fallBack(status);
      return new Answer.Failed(
          "status " + status + " of a target that does not know remote write 2.0", Duration.ZERO);
    }
    int written = written(headers, samples);
    return isSuccess && written < samples
        ? new Answer.Refused(status, "not all samples were written", bytes, written)
        : answer(response, written, bytes);
  }

  private static int written(HttpHeaders headers, int samples) {
    try {
      long said = headers.firstValue(SAMPLES_WRITTEN).map(Long::parseLong).orElse(0L);
      return Math.clamp(said, 0, samples);
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private void fallBack(int status) {
    if (protocol == WriteProtocol.V2) {
      protocol = WriteProtocol.V1;
      log.warn(
          "a target does not know remote write 2.0, from now on it gets 1.0",
          "remote_name",
          config.name(),
          "url",
          config.shownUrl(),
          "status",
          status);
    }
  }

  private static boolean isSuccess(int status) {
    return status / 100 == 2;
  }

  private Answer answer(HttpResponse<String> response, int written, int bytes) {
    int status = response.statusCode();
    if (isSuccess(status)) {
      return new Answer.Delivered(bytes);
    }
    boolean isServerFault = status >= SERVER_FAULTS && status < SERVER_FAULTS_END;
    boolean isPassing =
        isServerFault || (status == TOO_MANY_REQUESTS && config.queue().retriesTooMany());
    return isPassing
        ? new Answer.Failed(
            "status " + status + " " + response.body(),
            pause(response.headers().firstValue("Retry-After"), Instant.now()))
        : new Answer.Refused(status, response.body(), bytes, written);
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
      case Exception e -> e.getClass().getSimpleName();
      case null, default -> throw new IllegalStateException(failure);
    };
  }

  /** Ends what is under way, unread. */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
