package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.limits.RequestLimitsTest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clients that keep a server waiting: each is cut off, and no other suffers. */
final class SlowClientsTest {
  private static final String PUT = "PUT /metrics/job/slow HTTP/1.1\r\nHost: x\r\n";

  @Test
  void aBodyThatDoesNotArriveIsAnsweredWith408() throws IOException {
    try (var gateway = TestGateway.start("--limits.body-timeout=300ms");
        var slow = new OpenRequest(gateway.port())) {
      gateway.send("PUT", "/metrics/job/stored", "a 1\n");

      String answer = slow.send(PUT + "Content-Length: 100\r\n\r\na 1\n").readToEnd();

      assertTrue(answer.startsWith("HTTP/1.1 408 Request Timeout\r\n"), answer);
      assertTrue(answer.contains("\r\nConnection: close\r\n"), answer);
      assertTrue(answer.contains("raise --limits.body-timeout: limit=300ms\n"), answer);
      assertEquals(1, refused(gateway, "limits.body-timeout", 1));
      assertEquals(List.of("a{instance=\"\",job=\"stored\"} 1"), gateway.exposed("a{"));
    }
  }

  @Test
  void aBodyThatTricklesIsCutOffAsWell() throws IOException {
    try (var gateway =
            TestGateway.start("--limits.body-timeout=300ms", "--limits.min-body-rate=1KiB");
        var slow = new OpenRequest(gateway.port())) {
      slow.send(PUT + "Transfer-Encoding: chunked\r\n\r\n");
      long start = System.nanoTime();
      try {
        while (System.nanoTime() - start < Duration.ofSeconds(10).toNanos()) {
          slow.send("1\r\n#\r\n");
          RunningProcess.pause(Duration.ofMillis(50));
        }
        throw new AssertionError("the server goes on reading");
      } catch (IOException closed) {
        assertEquals(1, refused(gateway, "limits.min-body-rate", 1));
      }
    }
  }

  @Test
  void halfAHeadIsCutOff() throws IOException {
    try (var gateway = TestGateway.start("--limits.body-timeout=300ms")) {
      for (String start : List.of("G", "GET /metrics HT", PUT, PUT + "X-Half: y")) {
        try (var slow = new OpenRequest(gateway.port())) {
          String answer = slow.send(start).readToEnd();

          assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
        }
      }
      assertEquals(4, refused(gateway, "limits.body-timeout", 4));
    }
  }

  @Test
  void aConnectionWithoutARequestIsClosedInSilence() throws IOException {
    try (var gateway =
            TestGateway.start("--limits.body-timeout=300ms", "--limits.idle-timeout=300ms");
        var silent = new OpenRequest(gateway.port());
        var idle = new OpenRequest(gateway.port())) {
      idle.send("GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n");

      assertEquals("", silent.readToEnd());
      assertTrue(idle.readToEnd().endsWith("\r\n\r\nOK"));
    }
  }

  @Test
  void aClientThatReadsNothingLosesItsPlace() throws IOException {
    try (var gateway =
        TestGateway.start("--limits.max-concurrent-scrapes=1", "--limits.max-wait=100ms")) {
      var body = new StringBuilder();
      for (int i = 0; i < 25_000; i++) {
        body.append("a{number=\"").append(i).append("x".repeat(200)).append("\"} 1\n");
      }
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", body.toString()).status());
      try (var blind = new OpenRequest(gateway.port())) {
        blind.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        RunningProcess.pause(Duration.ofMillis(100));

        long start = System.nanoTime();
        while (gateway.get("/metrics").status() != 200) {
          assertTrue(System.nanoTime() - start < Duration.ofSeconds(20).toNanos());
        }
        assertEquals(0, RequestLimitsTest.refusedBy(gateway, "limits.query-timeout"));
      }
    }
  }

  @Test
  void aBodyThatWasRefusedIsNotReadToItsEnd() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-body-size=1KiB");
        var stubborn = new OpenRequest(gateway.port())) {
      int sent = 0;
      try {
        stubborn.send(PUT + "Content-Length: 500000000\r\n\r\n");
        String piece = "#".repeat(1 << 16);
        while (sent < 200 << 20) {
          stubborn.send(piece);
          sent += piece.length();
        }
      } catch (IOException closed) {
        // as it should be
      }
      assertTrue(sent < 64 << 20, "sent=" + sent);
      assertEquals(1, refused(gateway, "limits.max-body-size", 1));
    }
  }

  @Test
  void aLargeChunkIsRefusedBeforeItIsWhole() throws IOException {
    try (var gateway =
            TestGateway.start("--limits.max-body-size=1KiB", "--limits.body-timeout=500ms");
        var client = new OpenRequest(gateway.port())) {
      client.send(PUT + "Transfer-Encoding: chunked\r\n\r\n4000000\r\n" + "#".repeat(10_000));

      assertTrue(client.readToEnd().startsWith("HTTP/1.1 413 "));
    }
  }

  @Test
  void halfOpenConnectionsMakeRoomForAGoodClient() throws IOException {
    var halfOpen = new ArrayList<OpenRequest>();
    try (var gateway = TestGateway.start("--limits.max-connections=1500")) {
      for (int i = 0; i < 2000; i++) {
        halfOpen.add(new OpenRequest(gateway.port()).send(i % 2 == 0 ? "" : "PUT /metr"));
      }
      long start = System.nanoTime();

      assertEquals(200, gateway.send("PUT", "/metrics/job/good", "a 1\n").status());

      assertTrue(System.nanoTime() - start < Duration.ofSeconds(8).toNanos());
      assertTrue(refused(gateway, "limits.max-connections", 1) > 0);
    } finally {
      for (OpenRequest request : halfOpen) {
        request.close();
      }
    }
  }

  @Test
  void aBodyThatComesSlowlyButSteadilyIsTaken() throws IOException {
    try (var gateway = TestGateway.start("--limits.body-timeout=1s", "--limits.min-body-rate=1B");
        var steady = new OpenRequest(gateway.port())) {
      steady.send(PUT + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 20; i++) {
        steady.send("5\r\ns" + (char) ('a' + i) + " 1\n\r\n");
        RunningProcess.pause(Duration.ofMillis(100));
      }

      assertTrue(steady.send("0\r\n\r\n").readToEnd().startsWith("HTTP/1.1 200 "));
    }
  }

  @Test
  void headsWhoseBodiesNeverComeMakeRoomForAGoodClient() throws IOException {
    var waiting = new ArrayList<OpenRequest>();
    try (var gateway = TestGateway.start("--limits.max-connections=200")) {
      for (int i = 0; i < 300; i++) {
        waiting.add(new OpenRequest(gateway.port()).send(PUT + "Content-Length: 1000\r\n\r\n"));
      }
      long start = System.nanoTime();

      assertEquals(200, gateway.send("PUT", "/metrics/job/good", "a 1\n").status());

      assertTrue(System.nanoTime() - start < Duration.ofSeconds(8).toNanos());
      assertTrue(refused(gateway, "limits.max-connections", 1) > 0);
    } finally {
      for (OpenRequest request : waiting) {
        request.close();
      }
    }
  }

  @Test
  void scrapesThatNobodyReadLoseTheirPlacesWhileOthersWait() throws IOException {
    var blind = new ArrayList<OpenRequest>();
    try (var gateway = TestGateway.start("--limits.max-wait=30s")) {
      var body = new StringBuilder();
      for (int i = 0; i < 40_000; i++) {
        body.append("a{number=\"").append(i).append("x".repeat(300)).append("\"} 1\n");
      }
      assertEquals(200, gateway.send("PUT", "/metrics/job/j", body.toString()).status());
      for (int i = 0; i < 10; i++) {
        blind.add(new OpenRequest(gateway.port()).send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
      }
      RunningProcess.pause(Duration.ofMillis(500));
      long start = System.nanoTime();

      assertEquals(200, gateway.get("/metrics").status());

      assertTrue(System.nanoTime() - start < Duration.ofSeconds(20).toNanos());
      assertTrue(refused(gateway, "limits.max-concurrent-scrapes", 1) > 0);
    } finally {
      for (OpenRequest request : blind) {
        request.close();
      }
    }
  }

  @Test
  void bodiesReserveWhatCameAndNotWhatTheyAnnounce() throws IOException {
    var announcing = new ArrayList<OpenRequest>();
    try (var gateway = TestGateway.start("--limits.max-body-memory=8MiB")) {
      for (int i = 0; i < 100; i++) {
        announcing.add(
            new OpenRequest(gateway.port())
                .send(PUT + "Content-Length: 60000000\r\n\r\n" + "#".repeat(17_000)));
      }
      RequestLimitsTest.await(
          () -> RequestLimitsTest.used(gateway, "limits.max-body-memory") > 100 * 17_000);

      assertTrue(RequestLimitsTest.used(gateway, "limits.max-body-memory") < 100 * 2 * 17_000);
      assertEquals(200, gateway.send("PUT", "/metrics/job/good", "a 1\n").status());
    } finally {
      for (OpenRequest request : announcing) {
        request.close();
      }
    }
  }

  @Test
  void theSlowestBodyGivesItsMemoryToOneThatWaits() throws IOException {
    try (var gateway =
            TestGateway.start("--limits.max-body-memory=300KiB", "--limits.max-wait=30s");
        var slow = new OpenRequest(gateway.port())) {
      slow.send(PUT + "Content-Length: 250000\r\n\r\n" + "#".repeat(200_000));
      RequestLimitsTest.await(
          () -> RequestLimitsTest.used(gateway, "limits.max-body-memory") > 200_000);

      String body = ("#" + "x".repeat(998) + "\n").repeat(100);
      assertEquals(200, gateway.send("PUT", "/metrics/job/good", body).status());

      assertTrue(slow.readToEnd().contains("raise --limits.max-body-memory"));
    }
  }

  @Test
  void connectionsThatAreResetGiveBackTheMemoryOfTheirHeads() throws IOException {
    try (var gateway = TestGateway.start("--limits.max-body-memory=4MiB")) {
      String head = "GET /-/healthy HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(50_000);
      for (int i = 0; i < 200; i++) {
        try (var reset = new OpenRequest(gateway.port())) {
          reset.send(head).reset();
        }
      }

      RequestLimitsTest.await(() -> isAnswered(gateway, head + "\r\nConnection: close\r\n\r\n"));
    }
  }

  private static boolean isAnswered(TestGateway gateway, String request) {
    try {
      return gateway.exchange(request).status() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  /** How many were refused; a connection is cut off first, and counted then. */
  private static long refused(TestGateway gateway, String flag, long atLeast) throws IOException {
    long start = System.nanoTime();
    long refused = RequestLimitsTest.refusedBy(gateway, flag);
    while (refused < atLeast && System.nanoTime() - start < Duration.ofSeconds(10).toNanos()) {
      RunningProcess.pause(Duration.ofMillis(10));
      refused = RequestLimitsTest.refusedBy(gateway, flag);
    }
    return refused;
  }
}
