package io.silverback.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Many clients that each keep a connection and push on a schedule: {@code CrowdOfPushers PORT SMALL
 * LARGE PERIOD_SECONDS SECONDS}.
 *
 * <p>Each pushes once a period, {@code SMALL} of them ten series and {@code LARGE} of them a Flink
 * body, evenly spread over it. The time of a push counts from the moment for which it was planned,
 * whether or not the client was ready by then: a server that stands still for a second makes all
 * pushes late that were due in it, and not just the one that waits (no coordinated omission). The
 * first period is not counted. Prints a line for each kind: {@code KIND pushes=N refused=N p50=MS
 * p99=MS p999=MS most=MS}.
 */
public final class CrowdOfPushers {
  private static final long NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int BODIES = 8;
  private static final int ANSWER_TIMEOUT_MILLIS = 60_000;

  private CrowdOfPushers() {}

  public static void main(String[] arguments) throws InterruptedException, ExecutionException {
    if (arguments.length != 5) {
      System.err.println("usage: CrowdOfPushers PORT SMALL LARGE PERIOD_SECONDS SECONDS");
      System.exit(2);
    }
    int port = Integer.parseInt(arguments[0]);
    int small = Integer.parseInt(arguments[1]);
    int large = Integer.parseInt(arguments[2]);
    long period = Long.parseLong(arguments[3]) * NANOS;
    int rounds = Math.max(2, (int) (Long.parseLong(arguments[4]) * NANOS / period));
    List<byte[]> smallBodies = new ArrayList<>();
    for (int i = 0; i < BODIES; i++) {
      smallBodies.add(Workloads.batchBody(i));
    }
    long start = System.nanoTime() + 2 * NANOS;
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Seen>> smallOnes = new ArrayList<>();
      for (int i = 0; i < small; i++) {
        String path = "/metrics/job/crowd/instance/" + i;
        long first = start + period * i / small;
        smallOnes.add(clients.submit(() -> run(port, path, smallBodies, first, period, rounds)));
      }
      List<Future<Seen>> largeOnes = new ArrayList<>();
      for (int i = 0; i < large; i++) {
        String path = "/metrics/job/flink-" + i;
        List<byte[]> bodies = List.of(Workloads.flinkBody(i, 0), Workloads.flinkBody(i, 1));
        long first = start + period * i / large;
        largeOnes.add(clients.submit(() -> run(port, path, bodies, first, period, rounds)));
      }
      print("small", smallOnes);
      print("large", largeOnes);
    }
  }

  /** What one client saw: nanoseconds of each push that was taken, and how many were not. */
  record Seen(long[] nanos, int refused) {}

  /** Pushes once a period, the first time at that moment of {@link System#nanoTime}. */
  static Seen run(int port, String path, List<byte[]> bodies, long first, long period, int rounds)
      throws IOException, InterruptedException {
    var nanos = new long[rounds - 1];
    int taken = 0;
    int refused = 0;
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(ANSWER_TIMEOUT_MILLIS);
      var answers = new BufferedInputStream(socket.getInputStream());
      for (int round = 0; round < rounds; round++) {
        long planned = first + round * period;
        Thread.sleep(Duration.ofNanos(Math.max(0, planned - System.nanoTime())));
        socket.getOutputStream().write(request(path, bodies.get(round % bodies.size())));
        boolean isTaken = status(answers) == 200;
        if (round > 0 && isTaken) {
          nanos[taken++] = System.nanoTime() - planned;
        } else if (!isTaken) {
          refused++;
        }
      }
    }
    return new Seen(Arrays.copyOf(nanos, taken), refused);
  }

  private static byte[] request(String path, byte[] body) {
    String head =
        "PUT %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, body.length);
    byte[] bytes =
        Arrays.copyOf(head.getBytes(StandardCharsets.US_ASCII), head.length() + body.length);
    System.arraycopy(body, 0, bytes, head.length(), body.length);
    return bytes;
  }

  /** Reads an answer to its end, which a length says; -1 if the connection has ended. */
  private static int status(InputStream answers) throws IOException {
    String line = line(answers);
    if (line.isEmpty()) {
      return -1;
    }
    int status = Integer.parseInt(line.split(" ", 3)[1]);
    long length = 0;
    for (line = line(answers); !line.isEmpty(); line = line(answers)) {
      if (line.regionMatches(true, 0, "content-length:", 0, "content-length:".length())) {
        length = Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    answers.skipNBytes(length);
    return status;
  }

  /** Without its end; empty at the end of what comes, too. */
  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int next = in.read(); next != -1 && next != '\n'; next = in.read()) {
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  private static void print(String kind, List<Future<Seen>> clients)
      throws InterruptedException, ExecutionException {
    int refused = 0;
    var all = new ArrayList<long[]>();
    for (Future<Seen> client : clients) {
      all.add(client.get().nanos());
      refused += client.get().refused();
    }
    long[] sorted = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    System.out.printf(
        "%s pushes=%d refused=%d p50=%.3f p99=%.3f p999=%.3f most=%.3f%n",
        kind,
        sorted.length,
        refused,
        millis(sorted, 0.5),
        millis(sorted, 0.99),
        millis(sorted, 0.999),
        millis(sorted, 1));
  }

  private static double millis(long[] sorted, double share) {
    int index = Math.max(0, (int) Math.ceil(share * sorted.length) - 1);
    return sorted.length == 0 ? 0 : sorted[index] / 1e6;
  }
}
