package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that guess passwords without end, and one with the right one that was not here before.
 */
final class PasswordFloodTest {
  private static final int FLOODERS = 80;

  /** Of alice's password, at the cost that most tools choose. */
  private static final String HASH = "$2b$10$abcdefghijklmnopqrstuuWRO.aPjfZIPa7LiT/idLvqe8ILJHybK";

  private static final String FLOOD = "127.0.0.1";

  @TempDir private Path folder;
  private final AtomicInteger guesses = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  /** Of the platform, as the server's own threads are virtual and must not wait for these. */
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("web.yml"), "basic_auth_users: {alice: %s}\n".formatted(HASH));
    gateway =
        TestGateway.start(
            "--web.config.file=" + file, "--limits.max-wait=1m", "--shutdown.timeout=100ms");
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
    threads.close();
    gateway.close();
  }

  @Test
  void aUserOfAnotherAddressGetsInAtOnce() throws Exception {
    flood(guess -> "user" + guess);

    assertGetsIn("127.0.0.2", 5);
  }

  @Test
  void aUserOfTheSameAddressWaitsForOneGuessOfEachOtherName() throws Exception {
    flood(guess -> "user" + guess % 10);

    assertGetsIn(FLOOD, 10 + 5);
  }

  /** Guesses until the end of the test, and returns once many guesses wait. */
  private void flood(IntFunction<String> userOf) throws InterruptedException {
    for (int i = 0; i < FLOODERS; i++) {
      threads.execute(
          () -> {
            while (!Thread.currentThread().isInterrupted()) {
              int guess = guesses.incrementAndGet();
              try {
                int status = statusOf(FLOOD, userOf.apply(guess), "guess" + guess);
                refused.addAndGet(status == 401 ? 1 : 0);
              } catch (IOException e) {
                // The gateway closes, or this thread was asked to end.
                return;
              }
            }
          });
    }
    while (refused.get() < 10) {
      Thread.sleep(1);
    }
  }

  private void assertGetsIn(String address, int mostGuessesMeanwhile) throws IOException {
    int before = refused.get();
    int status = statusOf(address, "alice", "s3cret-pw");
    int meanwhile = refused.get() - before;

    assertEquals(200, status);
    assertTrue(meanwhile <= mostGuessesMeanwhile, "guesses checked before alice: " + meanwhile);
  }

  private int statusOf(String address, String user, String password) throws IOException {
    String credentials =
        Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    String request =
        "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic "
            + credentials
            + "\r\n\r\n";
    try (var socket =
        new Socket(
            InetAddress.ofLiteral(FLOOD), gateway.port(), InetAddress.ofLiteral(address), 0)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      // The status line: HTTP/1.1 200 OK
      return Integer.parseInt(answer.substring(9, 12));
    }
  }
}
