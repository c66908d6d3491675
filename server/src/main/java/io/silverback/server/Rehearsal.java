package io.silverback.server;

import io.silverback.server.flags.Flags;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.log.Logging;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Starts a gateway for itself alone, does with it what clients and Prometheus do, and ends: what a
 * JVM is shown that is to keep a cache of loaded classes and profiles for later starts (JEP 483,
 * JEP 515).
 *
 * <p>There is no cluster in it. With one, a node of a cluster needs 2.5 instead of 3.9 s of
 * processor time until it is ready, but all servers take 33 MB more when idle, as the JVM reads the
 * whole cache.
 */
public final class Rehearsal {
  private static final int ROUNDS = 60;
  private static final int OPERATORS = 40;
  private static final int SMALL_GROUPS = 5;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final List<String> PAGES =
      List.of(
          "/metrics",
          "/api/v1/metrics",
          "/api/v1/groups?limit=100",
          "/api/v1/server",
          "/federate?match[]=%7B__name__!=%22%22%7D",
          "/");

  private final HttpClient client;
  private final String base;

  private Rehearsal(HttpClient client, String base) {
    this.client = client;
    this.base = base;
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Logging.configure(LogLevel.of("error"), LogFormat.of("logfmt"));
    Path folder = Files.createTempDirectory("silverback-rehearsal-");
    try (var client = HttpClient.newHttpClient()) {
      try (var gateway = start(folder)) {
        new Rehearsal(client, "http://127.0.0.1:" + gateway.port()).use(gateway);
      }
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /**
   * With a store in files: one in memory is filled with zeros by a JVM that records, so that it
   * takes as much memory as it ever might.
   */
  private static Gateway start(Path folder) {
    List<String> flags =
        List.of(
            "--web.listen-address=127.0.0.1:0", "--persistence.file=" + folder.resolve("store"));
    if (Flags.parse(flags, Map.of()) instanceof Flags.Request.Serve serve) {
      return Gateway.start(serve.config());
    }
    throw new IllegalStateException("not a request to serve: flags=" + flags);
  }

  private void use(Gateway gateway) throws IOException, InterruptedException {
    awaitReady(gateway);
    String group = base + "/metrics/job/rehearsal/group/";
    for (int round = 0; round < ROUNDS; round++) {
      for (int small = 0; small < SMALL_GROUPS; small++) {
        byte[] body = batch(round + small);
        send("PUT", group + small, body, false);
        send("POST", group + small, body, true);
      }
      send("DELETE", group + round % SMALL_GROUPS, new byte[0], false);
      byte[] large = flink(round);
      send("PUT", group + "flink", large, false);
      send("PUT", group + "flink", large, true);
      for (String page : PAGES) {
        send("GET", base + page, new byte[0], round % 2 == 0);
      }
    }
  }

  private static void awaitReady(Gateway gateway) throws InterruptedException {
    long until = System.nanoTime() + LIMIT.toNanos();
    while (!gateway.isReady()) {
      if (System.nanoTime() - until > 0) {
        throw new IllegalStateException("the server of the rehearsal does not become ready");
      }
      Thread.sleep(Duration.ofMillis(50));
    }
  }

  private static byte[] batch(int round) {
    return """
    # HELP rehearsal_seconds How long it took.
    # TYPE rehearsal_seconds gauge
    rehearsal_seconds{part="first"} %d.5
    rehearsal_seconds{part="second"} %d.25
    # TYPE rehearsal_total counter
    rehearsal_total %d
    # TYPE rehearsal_size_bytes histogram
    rehearsal_size_bytes_bucket{le="100"} %d
    rehearsal_size_bytes_bucket{le="+Inf"} %d
    rehearsal_size_bytes_sum %d
    rehearsal_size_bytes_count %d
    """
        .formatted(round, 2 * round, round, round, round, 70 * round, round)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] flink(int round) {
    var text = new StringBuilder();
    for (String metric : List.of("numRecordsIn", "busyTime", "watermarkLag", "backPressure")) {
      String name = "rehearsal_taskmanager_" + metric;
      text.append("# HELP ").append(name).append(" Of an operator.\n");
      text.append("# TYPE ").append(name).append(" gauge\n");
      for (int operator = 0; operator < OPERATORS; operator++) {
        text.append(name).append("{host=\"tm-1\",operator_name=\"Map: ");
        text.append(operator % 8).append("\",subtask_index=\"").append(operator).append("\",} ");
        text.append(operator % 2 == 0 ? 1000 * round + operator : round + operator / 8.0);
        text.append('\n');
      }
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void send(String method, String url, byte[] body, boolean isCompressed)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .version(HttpClient.Version.HTTP_1_1)
            .method(
                method,
                BodyPublishers.ofByteArray(isCompressed && body.length > 0 ? gzip(body) : body));
    if (isCompressed) {
      request.header(body.length > 0 ? "Content-Encoding" : "Accept-Encoding", "gzip");
    }
    int status = client.send(request.build(), BodyHandlers.discarding()).statusCode();
    if (status >= 300) {
      throw new IllegalStateException(
          "the rehearsal failed: method=" + method + " url=" + url + " status=" + status);
    }
  }

  private static byte[] gzip(byte[] body) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(body);
    }
    return bytes.toByteArray();
  }
}
