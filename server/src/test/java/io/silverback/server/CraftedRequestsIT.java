package io.silverback.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Requests that are crafted to cost more than they look, a process for each kind: it answers them
 * as the docs say, stays within its memory, and serves a push and a scrape afterwards.
 */
final class CraftedRequestsIT {
  private static final long MEMORY_BYTES = 512L << 20;
  private static final int LONG_TEXT = 30_000;
  private static final int BITS = 13;
  private static final int CLIENTS = 8;

  /** What is tried. */
  enum Kind {
    NEW_NAMES {
      @Override
      int request(RunningGateway gateway, int number) {
        String body =
            IntStream.range(0, 8_000)
                .mapToObj(name -> "n" + number + "_" + name + " 1\n")
                .collect(Collectors.joining());
        return push(gateway, number, "identity", body.getBytes(UTF_8));
      }
    },
    COLLISIONS {
      @Override
      int request(RunningGateway gateway, int number) {
        var body = new StringBuilder("# TYPE s summary\n");
        for (int word = 0; word < 1 << BITS; word++) {
          body.append("s_sum{l=\"");
          for (int bit = 0; bit < BITS; bit++) {
            body.append((word >> bit & 1) == 1 ? "BB" : "Aa");
          }
          body.append("\"} 1\n");
        }
        return push(gateway, number, "identity", body.toString().getBytes(UTF_8));
      }
    },
    SELECTORS {
      @Override
      int request(RunningGateway gateway, int number) {
        String form =
            IntStream.range(0, 250)
                .mapToObj(it -> "match[]=" + encoded("{job=~\".*(a|b)*" + it + "\"}"))
                .collect(Collectors.joining("&", "dry_run=true&", ""));
        return status(
            HttpRequest.newBuilder(gateway.uri("/api/v1/admin/delete_groups"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form)));
      }
    },
    BOMBS {
      @Override
      int request(RunningGateway gateway, int number) {
        return push(gateway, number, "gzip", BOMB);
      }
    },
    BOMBS_OF_COMMENTS {
      @Override
      int request(RunningGateway gateway, int number) {
        return push(gateway, number, "gzip", COMMENTS);
      }
    },
    CORRUPT_CHUNKS {
      @Override
      int request(RunningGateway gateway, int number) {
        // A length of four gigabytes, less one, and nothing of that.
        byte[] declared = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f, (byte) number};
        return push(gateway, number, "snappy", declared);
      }
    },
    LONG_KEYS_OF_NOTHING {
      @Override
      int request(RunningGateway gateway, int number) {
        int worst = 0;
        for (int i = 0; i < 20; i++) {
          String path = "/metrics/job/" + number + "-" + i + "x".repeat(LONG_TEXT);
          worst = Math.max(worst, gateway.send("DELETE", path, "").statusCode());
          worst = Math.max(worst, gateway.send("PUT", path, "not { a metric\n").statusCode());
        }
        return worst;
      }
    },
    UNREAD_SCRAPES {
      @Override
      int request(RunningGateway gateway, int number) {
        var body = new StringBuilder();
        for (int i = 0; i < 2_000; i++) {
          body.append("a{i=\"")
              .append(i)
              .append("\",l=\"")
              .append("x".repeat(100))
              .append("\"} 1\n");
        }
        int answer = push(gateway, number, "identity", body.toString().getBytes(UTF_8));
        try (var _ = asked(gateway);
            var _ = asked(gateway)) {
          Thread.sleep(2_000);
          return answer;
        } catch (IOException | InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    };

    private static final byte[] BOMB = gzipped("a 1\n", 80 << 20);
    private static final byte[] COMMENTS = gzipped("# nothing\n", 80 << 20);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** Returns the status of the answer, the highest of several. */
    abstract int request(RunningGateway gateway, int number);

    private static int push(RunningGateway gateway, int number, String coding, byte[] body) {
      return status(
          HttpRequest.newBuilder(gateway.uri("/metrics/job/crafted/n/" + number))
              .header("Content-Encoding", coding)
              .PUT(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private static int status(HttpRequest.Builder request) {
      try {
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theServerLivesAndStaysWithinItsMemory(Kind kind) throws Exception {
    try (var gateway =
        RunningGateway.start(
            RunningGateway.launcher(),
            Map.of("SILVERBACK_JAVA_OPTS", "-Xmx256m"),
            "--web.enable-admin-api",
            "--storage.max-memory=" + (MEMORY_BYTES >> 20) + "MiB")) {
      List<Callable<Integer>> clients =
          IntStream.range(0, CLIENTS)
              .<Callable<Integer>>mapToObj(number -> () -> kind.request(gateway, number))
              .toList();
      var statuses = new TreeSet<Integer>();
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<Integer> each : threads.invokeAll(clients)) {
          statuses.add(each.get());
        }
      }

      assertTrue(expected(kind).containsAll(statuses), statuses::toString);
      assertEquals(200, gateway.send("PUT", "/metrics/job/after", "after 1\n").statusCode());
      assertTrue(gateway.scrapeOf("after").contains("after{"));
      long peak = gateway.process().peakMemoryBytes();
      assertTrue(peak < MEMORY_BYTES * 11 / 10, () -> "peak MiB=" + (peak >> 20));
    }
  }

  /** 503 where many large pushes at once have to wait for too long on a slow machine. */
  private static Set<Integer> expected(Kind kind) {
    return switch (kind) {
      case NEW_NAMES -> Set.of(200, 503);
      case COLLISIONS -> Set.of(200, 503);
      case SELECTORS -> Set.of(200, 400, 422, 503);
      case BOMBS -> Set.of(413, 503);
      // Nothing is kept of them, so they are no burden.
      case BOMBS_OF_COMMENTS -> Set.of(200, 503);
      case CORRUPT_CHUNKS -> Set.of(400, 413);
      case LONG_KEYS_OF_NOTHING -> Set.of(202, 400);
      case UNREAD_SCRAPES -> Set.of(200, 503);
    };
  }

  /** Has asked for a page, and reads nothing of it. */
  private static Socket asked(RunningGateway gateway) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.getOutputStream().write("GET /metrics HTTP/1.0\r\n\r\n".getBytes(UTF_8));
    return socket;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private static byte[] gzipped(String line, int length) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      byte[] lines = line.repeat(10_000).getBytes(UTF_8);
      for (int at = 0; at < length; at += lines.length) {
        out.write(lines);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
