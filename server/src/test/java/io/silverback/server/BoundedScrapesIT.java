package io.silverback.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Answers larger than the heap, asked for at once in all their forms: the server lives and stays
 * within its memory.
 */
final class BoundedScrapesIT {
  private static final long MEMORY_BYTES = 512L << 20;
  private static final int PUSHES = 16;
  private static final int SERIES_OF_A_PUSH = 25_000;
  private static final int LINES = 300;
  private static final int LABELS = 9_500;
  private static final int LONG_KEYS = 500;
  private static final int LONG_LABEL = 60_000;
  private static final String PROTOBUF =
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

  /** How many lines of each family there are. */
  private static final Map<String, Integer> PUSHED =
      Map.of("big", PUSHES * SERIES_OF_A_PUSH, "far", LONG_KEYS, "wide", LINES);

  @Test
  void answersLargerThanTheHeapLeaveTheServerWithinItsMemory() throws Exception {
    try (var gateway =
        RunningGateway.start(
            RunningGateway.launcher(),
            Map.of("SILVERBACK_JAVA_OPTS", "-Xmx256m"),
            "--storage.max-memory=" + (MEMORY_BYTES >> 20) + "MiB",
            "--limits.max-labels-per-series=10000",
            "--limits.max-wait=2m")) {
      pushSeriesOfOneName(gateway);
      pushManyLabels(gateway);
      pushLongKeys(gateway);

      List<Callable<Long>> clients =
          List.of(
              () -> readPage(gateway),
              () -> readPage(gateway),
              () -> length(gateway, "/metrics", "Accept: " + PROTOBUF),
              () -> length(gateway, "/metrics", "Accept-Encoding: gzip"),
              () -> length(gateway, "/api/v1/metrics", "Accept: */*"),
              () -> length(gateway, "/api/v1/admin/top", "Accept: */*"),
              () -> length(gateway, "/", "Accept: */*"));
      List<Long> lengths = atOnce(clients);

      assertEquals(lengths.get(0), lengths.get(1), 1_000.0);
      assertTrue(lengths.get(2) > 20_000_000, lengths::toString);
      assertTrue(lengths.get(4) > lengths.get(0), lengths::toString);
      assertEquals(200, gateway.send("PUT", "/metrics/job/after", "after 1\n").statusCode());
      readPage(gateway);
      long peak = gateway.process().peakMemoryBytes();
      assertTrue(peak < MEMORY_BYTES * 11 / 10, () -> "peak MiB=" + (peak >> 20));
    }
  }

  /** Groups whose series are to be sorted into one another. */
  private static void pushSeriesOfOneName(RunningGateway gateway) {
    for (int group = 0; group < PUSHES; group++) {
      var body = new StringBuilder();
      for (int i = 0; i < SERIES_OF_A_PUSH; i++) {
        int number = (int) ((group * (long) SERIES_OF_A_PUSH + i) * 7_919 % 10_000_019);
        body.append("big{i=\"").append(number).append("\"} 1\n");
      }
      put(gateway, "/metrics/job/big/instance/" + group, body.toString());
    }
  }

  /** Few series that are long on a page, as each shows all labels of its group. */
  private static void pushManyLabels(RunningGateway gateway) {
    var path = new StringBuilder("/metrics/job/wide");
    for (int label = 0; label < LABELS; label++) {
      path.append("/l").append(Integer.toString(label, 36)).append("/v");
    }
    var body = new StringBuilder();
    for (int line = 0; line < LINES; line++) {
      body.append("wide{i=\"").append(line).append("\"} 1\n");
    }
    put(gateway, path.toString(), body.toString());
  }

  private static void pushLongKeys(RunningGateway gateway) {
    String label = "x".repeat(LONG_LABEL);
    for (int group = 0; group < LONG_KEYS; group++) {
      put(gateway, "/metrics/job/far/instance/" + group + label, "far 1\n");
    }
  }

  private static void put(RunningGateway gateway, String path, String body) {
    HttpResponse<String> answer = gateway.send("PUT", path, body);
    assertEquals(200, answer.statusCode(), answer::body);
  }

  private static List<Long> atOnce(List<Callable<Long>> clients) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var lengths = new ArrayList<Long>();
      for (Future<Long> each : threads.invokeAll(clients)) {
        lengths.add(each.get());
      }
      return lengths;
    }
  }

  /**
   * Reads the text page and fails the test unless all lines are there, each after the one before.
   */
  private static long readPage(RunningGateway gateway) throws IOException {
    try (var socket = ask(gateway, "/metrics", "Accept: text/plain");
        var page = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
      var lines = new TreeMap<String, Integer>();
      String before = "";
      long length = 0;
      for (String line = page.readLine(); line != null; line = page.readLine()) {
        length += line.length() + 1;
        String name = line.substring(0, Math.max(0, line.indexOf('{')));
        if (PUSHED.containsKey(name)) {
          lines.merge(name, 1, Integer::sum);
          // All series of a name have the same label names, so the texts are in order, too.
          assertTrue(!before.startsWith(name + "{") || before.compareTo(line) < 0);
          before = line;
        }
      }
      assertEquals(new TreeMap<>(PUSHED), lines);
      return length;
    }
  }

  private static long length(RunningGateway gateway, String path, String header)
      throws IOException {
    try (var socket = ask(gateway, path, header)) {
      InputStream answer = socket.getInputStream();
      byte[] start = answer.readNBytes(12);
      assertEquals("HTTP/1.1 200", new String(start, UTF_8));
      return answer.transferTo(OutputStream.nullOutputStream());
    }
  }

  /** By HTTP/1.0, whose answers have to be streamed without chunks. */
  private static Socket ask(RunningGateway gateway, String path, String header) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setSoTimeout(120_000);
    String head = "GET " + path + " HTTP/1.0\r\n" + header + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(UTF_8));
    return socket;
  }
}
