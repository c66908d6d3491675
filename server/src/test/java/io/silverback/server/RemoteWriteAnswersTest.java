package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.remotewrite.WriteProtocol;
import io.silverback.server.RemoteWriteReceiver.Reply;
import io.silverback.server.RemoteWriteReceiver.Request;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the sender makes of answers: the claims that Prometheus' compliance tests check of retries,
 * faults and the fall back to version 1.0.
 */
final class RemoteWriteAnswersTest {
  private static final Duration LONGEST_BACKOFF = Duration.ofMillis(80);

  /** As long as a busy machine may need for an answer. */
  private static final String PATIENT = "20s";

  @TempDir private Path folder;
  private RemoteWriteReceiver receiver;

  @BeforeEach
  void startReceiver() throws IOException {
    receiver = RemoteWriteReceiver.start();
  }

  @AfterEach
  void closeReceiver() {
    receiver.close();
  }

  @ParameterizedTest
  @EnumSource
  void faultsOfTheTargetAreWaitedOutAndOthersAreNot(WriteProtocol protocol) throws IOException {
    List<Integer> passing = List.of(500, 502, 503, 504, 429);
    List<Integer> lasting = List.of(302, 307, 400, 401, 403, 404, 405, 409, 413, 422, 600);
    var refused = new AtomicInteger();
    var tries = new AtomicIntegerArray(600);
    receiver.answer(
        request -> {
          int status = (int) valueOf(request);
          if (passing.contains(status) && tries.incrementAndGet(status) <= 2) {
            return Reply.of(status);
          }
          return lasting.contains(status) ? Reply.of(status) : Reply.taken(request);
        });
    try (TestGateway gateway = start(protocol)) {
      for (int status : passing) {
        push(gateway, "x " + status + "\n");
        RemoteWriteReceiver.await(() -> receiver.valuesOf("=x,").equals(times(3, status)));
        receiver.forget();
      }
      for (int status : lasting) {
        push(gateway, "x " + status + "\n");
        RemoteWriteReceiver.await(() -> own(gateway, "failed") == refused.get() + 1);
        refused.incrementAndGet();
      }
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> receiver.valuesOf("=x,").contains(1.0));

      assertEquals(
          IntStream.concat(lasting.stream().mapToInt(it -> it), IntStream.of(1))
              .mapToObj(it -> (double) it)
              .toList(),
          receiver.valuesOf("=x,"));
      assertEquals(2L * passing.size(), own(gateway, "retried"));
      RemoteWriteReceiver.await(() -> own(gateway, "samples") == passing.size() + 1);
    }
  }

  @Test
  void eachSuccessIsOneWhateverTheAnswerSays() throws IOException {
    receiver.answer(
        request -> {
          int status = (int) valueOf(request);
          return new Reply(status, status == 204 ? "" : "{\"error\": \"none taken\"}", Map.of());
        });
    List<Integer> statuses = List.of(200, 201, 202, 204, 299);
    try (TestGateway gateway = start(WriteProtocol.V1)) {
      for (int i = 0; i < statuses.size(); i++) {
        push(gateway, "x " + statuses.get(i) + "\n");
        int count = i + 1;
        RemoteWriteReceiver.await(() -> own(gateway, "samples") == count);
      }

      assertEquals(0, own(gateway, "failed") + own(gateway, "retried"));
      assertEquals(statuses.size(), receiver.requests().size());
    }
  }

  /** A target of 1.0 that does not look at the type of the content takes 2.0 for nothing at all. */
  @ParameterizedTest
  @ValueSource(ints = {415, 204, 200})
  void aTargetThatDoesNotKnowVersion2GetsTheSameAndAllElseByVersion1(int status)
      throws IOException {
    receiver.answer(
        request ->
            request.protocol() == WriteProtocol.V2
                ? new Reply(status, status == 415 ? "what?" : "", Map.of())
                : Reply.TAKEN);
    try (TestGateway gateway = start(WriteProtocol.V2)) {
      for (int i = 1; i <= 3; i++) {
        push(gateway, "x " + i + "\n");
        int count = i;
        RemoteWriteReceiver.await(() -> own(gateway, "samples") == count);
      }

      List<Request> requests = receiver.requests();
      assertEquals(
          List.of(WriteProtocol.V2, WriteProtocol.V1, WriteProtocol.V1, WriteProtocol.V1),
          requests.stream().map(Request::protocol).toList());
      for (Request request : requests) {
        assertEquals(request.protocol().contentType(), request.header("Content-Type"));
      }
      assertEquals(
          RemoteWriteReceiver.samplesOf(requests.subList(0, 1)),
          RemoteWriteReceiver.samplesOf(requests.subList(1, 2)));
      assertEquals(List.of(1.0, 1.0, 2.0, 3.0), receiver.valuesOf("=x,"));
      assertEquals(0, own(gateway, "failed"));
    }
  }

  @Test
  void whatATargetOfVersion2SaysThatItWroteIsCounted() throws IOException {
    receiver.answer(
        request ->
            switch ((int) valueOf(request)) {
              case 1 -> Reply.wrote(400, 2);
              case 2 -> Reply.wrote(204, 1);
              case 3 -> Reply.wrote(200, 1000);
              case 4 ->
                  new Reply(204, "", Map.of("X-Prometheus-Remote-Write-Exemplars-Written", "0"));
              case 5 -> Reply.wrote(204, -7);
              default ->
                  new Reply(204, "", Map.of("X-Prometheus-Remote-Write-Samples-Written", "some"));
            });
    try (TestGateway gateway = start(WriteProtocol.V2)) {
      int[] written = {2, 1, 3, 0, 0, 0};
      int all = 0;
      for (int i = 0; i < written.length; i++) {
        push(gateway, "x " + (i + 1) + "\ny 1\nz 1\n");
        int pushed = 3 * (i + 1);
        all += written[i];
        int taken = all;
        RemoteWriteReceiver.await(
            () -> own(gateway, "samples") == taken && own(gateway, "failed") == pushed - taken);
      }

      assertEquals(written.length, receiver.requests().size());
      assertTrue(receiver.requests().stream().allMatch(one -> one.protocol() == WriteProtocol.V2));
    }
  }

  @Test
  void theHeadersOfVersion2MeanNothingInVersion1() throws IOException {
    receiver.answer(_ -> Reply.wrote(204, 0));
    try (TestGateway gateway = start(WriteProtocol.V1)) {
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> own(gateway, "samples") == 1);
      assertEquals(0, own(gateway, "failed"));
    }
  }

  @Test
  void retriesWaitTwiceAsLongEachTimeUpToTheLongestBackoff() throws IOException {
    int attempts = 7;
    List<Long> times = new CopyOnWriteArrayList<>();
    receiver.answer(
        _ -> {
          times.add(System.nanoTime());
          return times.size() < attempts ? Reply.of(503) : Reply.TAKEN;
        });
    try (TestGateway gateway = start(WriteProtocol.V1)) {
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> times.size() == attempts);

      long backoff = 10;
      for (int i = 1; i < attempts; i++) {
        double millis = (times.get(i) - times.get(i - 1)) / 1e6;
        assertTrue(millis >= backoff / 2.0, "attempt=" + i + " millis=" + millis);
        backoff = Math.min(2 * backoff, LONGEST_BACKOFF.toMillis());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTargetThatAsksToWaitGetsNothingBefore(boolean isDate) throws IOException {
    List<Long> times = new CopyOnWriteArrayList<>();
    receiver.answer(
        _ -> {
          times.add(System.currentTimeMillis());
          // A date has whole seconds.
          String wait =
              isDate
                  ? ZonedDateTime.now(ZoneOffset.UTC)
                      .plusSeconds(2)
                      .format(DateTimeFormatter.RFC_1123_DATE_TIME)
                  : "1";
          return times.size() == 1 ? new Reply(503, "", Map.of("Retry-After", wait)) : Reply.TAKEN;
        });
    try (TestGateway gateway = start(WriteProtocol.V1)) {
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> times.size() == 2);
      assertTrue(times.getLast() - times.getFirst() >= 1000, times::toString);
    }
  }

  @Test
  void tooManyRequestsIsFinalIfTheFileSaysSo() throws IOException {
    receiver.answer(request -> valueOf(request) == 1 ? Reply.of(429) : Reply.TAKEN);
    try (TestGateway gateway =
        start(receiver.url(), WriteProtocol.V1, PATIENT, ", retry_on_http_429: false")) {
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> own(gateway, "failed") == 1);
      push(gateway, "x 2\n");
      RemoteWriteReceiver.await(() -> own(gateway, "samples") == 1);

      assertEquals(0, own(gateway, "retried"));
      assertEquals(List.of(1.0, 2.0), receiver.valuesOf("=x,"));
    }
  }

  @Test
  void whatIsOlderThanTheLimitIsGivenUpWhileTheTargetDoesNotTakeIt() throws IOException {
    receiver.answer(_ -> Reply.of(503));
    try (TestGateway gateway =
        start(receiver.url(), WriteProtocol.V1, PATIENT, ", sample_age_limit: 300ms")) {
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> RemoteWriteReceiver.own(gateway, "reason=\"too_old\"") == 1);
      receiver.forget();
      receiver.answer(_ -> Reply.TAKEN);
      // A busy machine may need longer than the limit for one of them.
      for (int i = 0; i < 100 && own(gateway, "samples") == 0; i++) {
        push(gateway, "x 2\n");
        RunningProcess.pause(Duration.ofMillis(50));
      }
      assertTrue(own(gateway, "samples") > 0);
      assertTrue(receiver.valuesOf("=x,").stream().allMatch(value -> value == 2));
      assertEquals(0, own(gateway, "failed"));
    }
  }

  @Test
  void theLogHasTheFirstLineOfWhatATargetSays() throws IOException {
    receiver.answer(_ -> new Reply(400, "out of \u001b[31morder\nand more", Map.of()));
    try (TestGateway gateway = start(WriteProtocol.V1);
        var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> !refusals(log).isEmpty());

      List<String> refused = refusals(log);
      assertEquals(1, refused.size(), log.lines()::toString);
      assertTrue(refused.getFirst().contains("level=error"), refused::toString);
      assertTrue(refused.getFirst().contains("status=400 answer=\"out of "), refused::toString);
      assertTrue(refused.getFirst().contains("order\" samples=1"), refused::toString);
      assertFalse(refused.getFirst().contains("\u001b"), refused::toString);
    }
  }

  private static List<String> refusals(CapturedLog log) {
    return log.lines().stream().filter(line -> line.contains("refused samples")).toList();
  }

  /** Whatever comes instead of an answer is a fault of the way there, which passes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "hangs up",
        "says nothing",
        "HTTP/1.1 20",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nhalf"
      })
  void whatIsNoAnswerIsTriedAgain(String answer) throws IOException {
    try (var target = new RawTarget(answer);
        TestGateway gateway = start(target.url(), WriteProtocol.V1, "300ms", "")) {
      push(gateway, "x 1\n");
      RemoteWriteReceiver.await(() -> own(gateway, "retried") >= 2);
      target.recover();
      RemoteWriteReceiver.await(() -> own(gateway, "samples") == 1);
      assertEquals(0, own(gateway, "failed"));
    }
  }

  /** A target without HTTP, which does one thing with each connection. */
  private static final class RawTarget implements AutoCloseable {
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

    private final ServerSocket server;
    private final Thread thread;
    private final List<Socket> silent = new CopyOnWriteArrayList<>();
    private volatile Function<Socket, Boolean> behaviour;

    RawTarget(String answer) throws IOException {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      behaviour =
          switch (answer) {
            case "hangs up" -> _ -> true;
            case "says nothing" -> _ -> false;
            default -> socket -> write(socket, answer);
          };
      thread = Thread.ofVirtual().start(this::serve);
    }

    String url() {
      return "http://127.0.0.1:" + server.getLocalPort() + "/write";
    }

    void recover() {
      behaviour =
          socket ->
              write(socket, "HTTP/1.1 204 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    private static boolean write(Socket socket, String answer) {
      try {
        readRequest(socket.getInputStream());
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
        return true;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** To its end, as a connection that is closed with something unread loses the answer, too. */
    private static void readRequest(InputStream in) throws IOException {
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      Matcher length = LENGTH.matcher(head);
      assertTrue(length.find());
      in.readNBytes(Integer.parseInt(length.group(1)));
    }

    private void serve() {
      try {
        while (true) {
          Socket socket = server.accept();
          if (behaviour.apply(socket)) {
            socket.close();
          } else {
            silent.add(socket);
          }
        }
      } catch (IOException _) {
        // Closed.
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (Socket socket : silent) {
        socket.close();
      }
      try {
        thread.join();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static List<Double> times(int count, double value) {
    return IntStream.range(0, count).mapToObj(_ -> value).toList();
  }

  private static double valueOf(Request request) {
    return request.series().stream()
        .filter(series -> series.text().contains("=x,"))
        .findFirst()
        .orElseThrow()
        .samples()
        .getLast()
        .value();
  }

  /** A counter of remote write, without its prefix and what it ends with. */
  private static long own(TestGateway gateway, String name) {
    String metric =
        "silverback_remote_storage_samples_"
            + (name.equals("samples") ? "" : name + "_")
            + "total{";
    return RemoteWriteReceiver.own(gateway, metric);
  }

  private static void push(TestGateway gateway, String body) throws IOException {
    assertEquals(200, gateway.send("PUT", "/metrics/job/a", body).status());
  }

  private TestGateway start(WriteProtocol protocol) throws IOException {
    return start(receiver.url(), protocol, PATIENT, "");
  }

  /** Sends what is pushed, and not when. */
  private TestGateway start(String url, WriteProtocol protocol, String timeout, String queue)
      throws IOException {
    Path file = folder.resolve("silverback.yml");
    Files.writeString(
        file,
        """
        remote_write:
          - url: %s
            protobuf_message: %s
            remote_timeout: %s
            write_relabel_configs:
              - {source_labels: [__name__], regex: push_time_seconds, action: drop}
            metadata_config: {send: false}
            queue_config: {batch_send_deadline: 20ms, min_backoff: 10ms, max_backoff: %dms%s}
        """
            .formatted(url, protocol.messageName(), timeout, LONGEST_BACKOFF.toMillis(), queue));
    return TestGateway.start("--config.file=" + file);
  }
}
