package io.silverback.server;

import io.silverback.server.flags.Flags;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.log.Logging;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;

/**
 * Starts a gateway for itself alone, uses each endpoint a few times and ends: what a JVM is shown
 * that is to keep a cache of loaded classes and profiles for later starts (JEP 483, JEP 515).
 */
public final class Rehearsal {
  private static final int ROUNDS = 50;

  private Rehearsal() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Logging.configure(LogLevel.of("warn"), LogFormat.of("logfmt"));
    var request = Flags.parse(List.of("--web.listen-address=127.0.0.1:0"), Map.of());
    if (!(request instanceof Flags.Request.Serve serve)) {
      throw new IllegalStateException("not a request to serve: request=" + request);
    }
    try (var gateway = Gateway.start(serve.config());
        var client = HttpClient.newHttpClient()) {
      String base = "http://127.0.0.1:" + gateway.port();
      for (int round = 0; round < ROUNDS; round++) {
        String body =
            """
            # HELP rehearsal_seconds How long it took.
            # TYPE rehearsal_seconds gauge
            rehearsal_seconds{part="first"} %d.5
            # TYPE rehearsal_total counter
            rehearsal_total %d
            """
                .formatted(round, round);
        send(client, "PUT", base + "/metrics/job/rehearsal/round/" + round % 3, body);
        send(client, "POST", base + "/metrics/job/rehearsal/round/" + round % 3, body);
        send(client, "GET", base + "/metrics", "");
        send(client, "GET", base + "/api/v1/metrics", "");
        send(client, "GET", base + "/", "");
        send(client, "DELETE", base + "/metrics/job/rehearsal/round/" + round % 3, "");
      }
    }
  }

  private static void send(HttpClient client, String method, String url, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .version(HttpClient.Version.HTTP_1_1)
            .header("Accept-Encoding", "gzip")
            .method(method, BodyPublishers.ofString(body))
            .build();
    int status = client.send(request, BodyHandlers.discarding()).statusCode();
    if (status >= 300) {
      throw new IllegalStateException(
          "the rehearsal failed: method=" + method + " url=" + url + " status=" + status);
    }
  }
}
