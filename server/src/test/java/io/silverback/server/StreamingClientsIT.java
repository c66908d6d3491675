package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Common clients push ten megabytes, most of them without telling the length in advance. */
final class StreamingClientsIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final byte[] BODY = ManySeries.body();

  @TempDir private static Path folder;
  @AutoClose private static RunningGateway gateway;

  @BeforeAll
  static void start() {
    gateway = RunningGateway.start();
  }

  @Test
  void curlSendsWhatItReads() throws IOException {
    Path body = Files.write(folder.resolve("body"), BODY);
    String curl = RunningProcess.debianProgram("/usr/bin/curl", "curl");
    String command =
        "cat '%s' | %s -sS -w '%%{http_code}' -T - %s"
            .formatted(body, curl, gateway.uri("/metrics/job/curl"));

    assertEquals(
        "200", RunningProcess.complete(List.of("/bin/sh", "-c", command), Map.of(), LIMIT));

    ManySeries.assertShownOnce(gateway, "curl");
  }

  @Test
  void pythonSendsWhatAGeneratorYields() {
    var command =
        List.of(
            RunningProcess.debianProgram("/usr/bin/python3", "python3"),
            "src/test/python/stream.py",
            gateway.address(),
            "python",
            Integer.toString(ManySeries.COUNT),
            Integer.toString(ManySeries.WIDTH));

    assertEquals("200\n", RunningProcess.complete(command, Map.of(), LIMIT));

    ManySeries.assertShownOnce(gateway, "python");
  }

  /** How Java's oldest client frames a body. */
  private enum Framing {
    BUFFERED,
    FIXED_LENGTH,
    CHUNKED
  }

  @ParameterizedTest
  @EnumSource
  void javasUrlConnectionPushes(Framing framing) throws IOException {
    String job = "url_connection";
    var connection =
        (HttpURLConnection) gateway.uri("/metrics/job/" + job).toURL().openConnection();
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.setReadTimeout((int) LIMIT.toMillis());
    switch (framing) {
      case BUFFERED -> {}
      case FIXED_LENGTH -> connection.setFixedLengthStreamingMode(BODY.length);
      case CHUNKED -> connection.setChunkedStreamingMode(0);
    }
    try (OutputStream out = connection.getOutputStream()) {
      out.write(BODY);
    }

    assertEquals(200, connection.getResponseCode());

    ManySeries.assertShownOnce(gateway, job);
  }

  /** It asks for HTTP/2 on a connection in the clear, which a server may ignore. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void javasHttpClientPushes(boolean expectsToGoOn) throws Exception {
    String job = "http_client";
    for (BodyPublisher body :
        List.of(
            BodyPublishers.ofByteArray(BODY),
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(BODY)))) {
      try (HttpClient client = HttpClient.newHttpClient()) {
        var push =
            HttpRequest.newBuilder(gateway.uri("/metrics/job/" + job))
                .PUT(body)
                .expectContinue(expectsToGoOn)
                .timeout(LIMIT)
                .build();

        assertEquals(200, client.send(push, BodyHandlers.ofString()).statusCode());
        ManySeries.assertShownOnce(gateway, job);
      }
    }
  }
}
