package io.silverback.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import io.silverback.server.flags.Flags;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.log.Logging;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Starts a gateway for itself alone and then a cluster of three, lets them do what servers do all
 * day, and ends: what a JVM is shown that is to keep a cache of loaded classes and profiles for
 * later starts (JEP 483, JEP 515).
 */
public final class Rehearsal {
  private static final int NODES = 3;
  private static final int ROUNDS = 60;
  private static final int GROUPS = 10;
  private static final int SERIES = 300;
  private static final long READY_MILLIS = 60_000;
  private static final String TEXT = "text/plain; version=0.0.4";
  private static final String PROTOBUF =
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
          + " encoding=delimited";
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Rehearsal() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Logging.configure(LogLevel.of("error"), LogFormat.of("logfmt"));
    Path folder = Files.createTempDirectory("silverback-rehearsal");
    try {
      alone(folder);
      together(folder);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static void alone(Path folder) throws IOException, InterruptedException {
    String store = "--persistence.file=" + folder.resolve("alone");
    try (Gateway gateway = start(List.of("--web.listen-address=127.0.0.1:0", store))) {
      String base = "http://127.0.0.1:" + gateway.port();
      for (int round = 0; round < ROUNDS; round++) {
        pushes(base, round);
        String group = base + "/metrics/job/rehearsal/round/" + round % GROUPS;
        send("POST", group, TEXT, "", small(round));
        send("DELETE", group, TEXT, "", new byte[0]);
        reads(base);
        send("GET", base + "/", TEXT, "", new byte[0]);
      }
    }
  }

  private static void together(Path folder) throws IOException, InterruptedException {
    Path secret = folder.resolve("secret");
    Files.createFile(
        secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(secret, "of a rehearsal, which nobody else takes part in\n");
    List<Integer> ports = freePorts();
    var gateways = new ArrayList<Gateway>();
    try {
      for (int node = 0; node < NODES; node++) {
        var flags = new ArrayList<String>();
        flags.add("--web.listen-address=127.0.0.1:" + ports.get(NODES + node));
        flags.add("--persistence.file=" + folder.resolve("node-" + node));
        flags.add("--cluster.node-id=node-" + node);
        flags.add("--cluster.secret-file=" + secret);
        flags.add("--cluster.bootstrap-expect=" + NODES);
        flags.add("--cluster.listen-address=127.0.0.1:" + ports.get(node));
        flags.add("--cluster.drain-timeout=1s");
        flags.add("--shutdown.timeout=0s");
        ports.stream().limit(NODES).forEach(port -> flags.add("--cluster.join=127.0.0.1:" + port));
        gateways.add(start(flags));
      }
      for (Gateway gateway : gateways) {
        awaitReady("http://127.0.0.1:" + gateway.port() + "/-/ready");
      }
      for (int round = 0; round < ROUNDS; round++) {
        String base = "http://127.0.0.1:" + gateways.get(round % NODES).port();
        pushes(base, round);
        reads(base);
      }
    } finally {
      gateways.forEach(Gateway::close);
    }
  }

  private static Gateway start(List<String> flags) {
    if (Flags.parse(flags, Map.of()) instanceof Flags.Request.Serve serve) {
      return Gateway.start(serve.config());
    }
    throw new IllegalStateException("not a request to serve: flags=" + flags);
  }

  private static List<Integer> freePorts() throws IOException {
    var sockets = new ArrayList<ServerSocket>();
    try {
      for (int i = 0; i < 2 * NODES; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  private static void awaitReady(String url) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(READY_MILLIS);
    while (status("GET", url, TEXT, "", new byte[0]) != 200) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("the rehearsal failed: not ready in time: url=" + url);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  /** A small body, a large one in each encoding, and one of a Go client. */
  private static void pushes(String base, int round) throws IOException, InterruptedException {
    String group = base + "/metrics/job/rehearsal/round/" + round % GROUPS;
    byte[] large = large(round);
    send("PUT", group, TEXT, "", small(round));
    send("PUT", group + "/size/large", TEXT, "", large);
    send("PUT", group + "/size/packed", TEXT, "gzip", gzip(large));
    send("PUT", group + "/size/binary", PROTOBUF, "", protobuf(round));
  }

  private static void reads(String base) throws IOException, InterruptedException {
    for (String encoding : List.of("gzip", "identity")) {
      var request =
          HttpRequest.newBuilder(URI.create(base + "/metrics"))
              .header("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
              .header("Accept-Encoding", encoding);
      require("/metrics", CLIENT.send(request.build(), BodyHandlers.discarding()).statusCode());
    }
    send("GET", base + "/api/v1/metrics", TEXT, "", new byte[0]);
  }

  private static byte[] small(int round) {
    return """
        # HELP rehearsal_seconds How long it took.
        # TYPE rehearsal_seconds gauge
        rehearsal_seconds{part="first"} %d.5
        # TYPE rehearsal_total counter
        rehearsal_total %d
        """
        .formatted(round, round)
        .getBytes(UTF_8);
  }

  /** As a task manager of Flink sends it: many labels, whole numbers and others. */
  private static byte[] large(int round) {
    var text = new StringBuilder();
    for (int i = 0; i < SERIES; i++) {
      String name = "rehearsal_task_" + i / 20;
      if (i % 20 == 0) {
        text.append("# HELP ").append(name).append(" One of them.\n# TYPE ").append(name);
        text.append(" gauge\n");
      }
      text.append(name).append("{host=\"worker-1\",job_id=\"0f1e2d3c4b5a\",operator=\"map\",");
      text.append("subtask=\"").append(i % 20).append("\"} ");
      text.append(i % 2 == 0 ? round * 1000 + i : round / 7.0 + i).append('\n');
    }
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] gzip(byte[] body) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(body);
    }
    return packed.toByteArray();
  }

  /** A family of gauges without labels: name, type, and a metric with a value. */
  private static byte[] protobuf(int round) throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < GROUPS; i++) {
      byte[] gauge = new byte[Double.BYTES + 1];
      CodedOutputStream.newInstance(gauge).writeDouble(1, round + i);
      byte[] metric = message(out -> out.writeByteArray(2, gauge));
      String name = "rehearsal_binary_" + i;
      byte[] family =
          message(
              out -> {
                out.writeString(1, name);
                out.writeEnum(3, 1);
                out.writeByteArray(4, metric);
              });
      bytes.writeBytes(new byte[] {(byte) family.length});
      bytes.writeBytes(family);
    }
    return bytes.toByteArray();
  }

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) throws IOException {
    var bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static void send(String method, String url, String type, String encoding, byte[] body)
      throws IOException, InterruptedException {
    require(method + " " + url, status(method, url, type, encoding, body));
  }

  private static int status(String method, String url, String type, String encoding, byte[] body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", type)
            .method(method, BodyPublishers.ofByteArray(body));
    if (!encoding.isEmpty()) {
      request.header("Content-Encoding", encoding);
    }
    return CLIENT.send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  private static void require(String request, int status) {
    if (status >= 300) {
      throw new IllegalStateException(
          "the rehearsal failed: request=" + request + " status=" + status);
    }
  }
}
