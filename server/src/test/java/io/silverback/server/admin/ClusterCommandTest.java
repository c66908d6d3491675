package io.silverback.server.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.silverback.server.TestGateway;
import io.silverback.server.web.TestCertificates;
import io.silverback.server.web.TestCertificates.KeyType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The commands, against servers that say what the test wants, and against hostile ones.
 *
 * <p>Longer than other classes: all commands share the server that answers by hand.
 */
@Timeout(60)
final class ClusterCommandTest {
  private static final String SETTLED =
      status(true, 1, 1, "[]", member("a", true) + "," + member("b", true));
  private static final String UNSETTLED =
      status(false, 0, 1, "[\"node b does not answer\"]", member("a", true));
  private static final int MANY = 20 * 1024 * 1024;

  private final List<String> requests = new ArrayList<>();
  private HttpServer server;

  private record Run(int code, String output, String errors) {}

  ClusterCommandTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void statusIsATableAndEndsWithThreeIfAnOperatorShouldLook() {
    answer(200, SETTLED);
    Run settled = run("status");
    assertEquals(0, settled.code, settled.errors);
    assertTrue(settled.output.startsWith("cluster c1, view 7: settled\n"), settled.output);
    assertTrue(
        settled.output.contains(
            "more nodes that may fail now: 1 without losing pushes, 1 without stopping pushes\n"),
        settled.output);
    assertTrue(settled.output.contains("\na     yes    yes"), settled.output);
    assertEquals(List.of("GET /api/v1/cluster/status"), requests);

    answer(200, UNSETTLED);
    Run unsettled = run("status");
    assertEquals(3, unsettled.code);
    assertTrue(
        unsettled.output.contains("not settled\n  waiting: node b does not answer\n"),
        unsettled.output);

    answer(200, status(true, 1, 0, "[]", member("a", true)));
    assertEquals(3, run("status").code);
  }

  @Test
  void jsonIsPrintedAsItIs() {
    answer(200, SETTLED);

    assertEquals(SETTLED + System.lineSeparator(), run("status", "--json").output);
  }

  @Test
  void coloursAreForTerminalsOnly() {
    answer(200, SETTLED);

    assertFalse(run(80, false, "cluster", "status", url()).output.contains("\u001b"));
    assertTrue(run(80, true, "cluster", "status", url()).output.contains("\u001b[32msettled"));
  }

  @Test
  void whatTheServerSaysMovesNoCursor() {
    answer(200, status(false, 0, 0, "[\"\\u001b[2J\\u009b\\nfake\"]", member("\\u001b]0;", true)));

    Run run = run("status");
    assertFalse(run.output.contains("\u001b"), run.output);
    assertFalse(run.output.contains("\u009b"), run.output);
    assertFalse(run.output.contains("\nfake"), run.output);
  }

  @Test
  void theOtherReadsAreTables() {
    answer(
        200,
        success(
            "[{\"node_id\":\"a\",\"self\":true,\"peer_address\":\"h:1\",\"drain\":\"all\","
                + "\"silent\":true,\"silent_since\":\"2026\"}]"));
    assertTrue(run("members").output.contains("a *"), run("members").output);
    assertTrue(run("members").output.contains("since 2026"));
    answer(200, success("[{\"node_id\":\"\",\"leads\":3,\"should_lead\":0,\"owns\":0}]"));
    assertTrue(run("ring").output.contains("(nobody)  3      0            0\n"));
    requests.clear();
    answer(
        200,
        success(
            "{\"slot\":9,\"leader\":\"a\",\"epoch\":2,\"copies\":[{\"node_id\":\"a\","
                + "\"answered\":true,\"has_group\":true,\"current\":true,\"lag_seconds\":0.0,"
                + "\"version\":\"2-1.0-f\"},{\"node_id\":\"b\",\"answered\":false}]}"));
    Run owner = run("owner", "job=a b&c", "x=");
    assertEquals(0, owner.code, owner.errors);
    assertTrue(owner.output.startsWith("slot 9, led by a since view 2\n"), owner.output);
    assertTrue(owner.output.contains("\na      yes        yes      0.0s  2-1.0-f\n"), owner.output);
    assertTrue(owner.output.contains("\nb      no answer"), owner.output);
    assertEquals(List.of("GET /api/v1/cluster/owner?job=a%20b%26c&x="), requests);
  }

  @Test
  void aDrainIsAskedForUntilItIsDone() {
    server.createContext(
        "/",
        exchange -> {
          note(exchange);
          boolean isLast = requests.size() == 3;
          if (requests.size() == 2) {
            send(exchange, 503, "busy");
          } else {
            send(
                exchange,
                isLast ? 200 : 202,
                success("{\"drained\":" + isLast + ",\"slots_led\":5,\"under_replicated\":6}"));
          }
        });

    Run run = run("drain", "node 1/%d");

    assertEquals(0, run.code, run.errors);
    assertEquals("drain: done\n", run.output);
    assertTrue(
        run.errors.startsWith("waiting: slots led=5 under replicated=6\nwaiting: busy\n"),
        run.errors);
    assertEquals(3, requests.size());
    requests.forEach(
        request ->
            assertTrue(
                request.matches(
                    "POST /api/v1/cluster/members/node%201%2F%25d/drain\\?timeout=[0-9]+ms"),
                request));
  }

  @ParameterizedTest
  @ValueSource(strings = {"drain a", "wait-settled", "wait-settled --members=3"})
  void whatTakesTooLongEndsWithFour(String command) {
    answer(200, command.endsWith("3") ? SETTLED : UNSETTLED);

    Run run = run((command + " --timeout=300ms").split(" ", -1));

    assertEquals(4, run.code, run.errors);
    assertTrue(run.errors.contains("--timeout"), run.errors);
  }

  @Test
  void waitSettledWaitsForAServerThatIsDown() throws IOException {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String url = "--url=http://127.0.0.1:" + port;
    assertEquals(4, run(80, false, "cluster", "wait-settled", url, "--timeout=200ms").code);
    assertEquals(1, run(80, false, "cluster", "drain", "a", url, "--timeout=5s").code);

    var later = new Thread(() -> startLater(port));
    later.start();
    Run run = run(80, false, "cluster", "wait-settled", url, "--members=2");
    assertEquals(0, run.code, run.errors);
    assertEquals("wait-settled: done\n", run.output);
  }

  @Test
  void oneLookIsNotEnoughToBeSettled() {
    server.createContext(
        "/",
        exchange -> {
          note(exchange);
          String status = requests.size() == 2 ? UNSETTLED : SETTLED;
          send(exchange, 200, requests.size() == 4 ? SETTLED.replace(":7,", ":8,") : status);
        });

    Run run = run("wait-settled");

    assertEquals(0, run.code, run.errors);
    // Settled, not so, in one view, in another one, and in that one still or again.
    assertEquals(6, requests.size(), run.errors);
  }

  private void startLater(int port) {
    try {
      Thread.sleep(1500);
      server.stop(0);
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
      answer(200, SETTLED);
      server.start();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "undrain a | DELETE /api/v1/cluster/members/a/drain?timeout=10000ms",
        "forget a  | DELETE /api/v1/cluster/members/a?timeout=10000ms",
        "forget a --force | DELETE /api/v1/cluster/members/a?timeout=10000ms&force=true",
        "repair    | POST /api/v1/cluster/repair",
        "rebalance | POST /api/v1/cluster/rebalance",
      })
  void eachCommandSendsItsRequest(String command, String request) {
    answer(202, success("{\"forgotten\":true}"));

    Run run = run(command.strip().split(" ", -1));

    assertEquals(0, run.code, run.errors);
    assertEquals(List.of(request), requests.stream().map(ClusterCommandTest::rounded).toList());
  }

  /** The server is given a little less than ten seconds if the command began a moment ago. */
  private static String rounded(String request) {
    return request.replaceAll("=99..ms|=10000ms", "=10000ms");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401 | no                                | user:password@",
        "404 | 404 page not found                | update the server",
        "404 | {\"error\":\"no such member\"}    | no such member",
        "409 | {\"error\":\"drain it first\"}    | drain it first (status 409)",
        "400 | {\"error\":\"clustering is off\"} | clustering is off",
        "503 | not ready                         | not ready",
        "302 | elsewhere                         | (status 302)",
        "200 | <html>                            | is no Silverback",
        "200 | {\"status\":\"success\"           | is no Silverback",
        "200 | {\"status\":\"error\"}            | is no Silverback",
        "200 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ | is no Silverback",
      })
  void aRefusalIsToldInOneLine(int status, String body, String told) {
    answer(status, body);

    Run run = run("status");

    assertEquals(1, run.code);
    assertEquals(1, run.errors.lines().count(), run.errors);
    assertTrue(run.errors.contains(told), run.errors);
    assertEquals("", run.output);
  }

  @Test
  void aCommandOfAServerWithoutTheAdminApiSaysSo() {
    answer(404, "404 page not found");

    assertTrue(run("repair").errors.contains("--web.enable-admin-api"));
  }

  @Test
  void credentialsGoIntoAHeaderAndNoMessage() {
    answer(403, "no");
    String url = "--url=http://u:p%2F@127.0.0.1:" + server.getAddress().getPort();
    Run run = run(80, false, "cluster", "status", url);

    assertFalse(run.errors.contains("p/"), run.errors);
    assertEquals(List.of("GET /api/v1/cluster/status Basic dTpwLw=="), requests);
  }

  @Test
  void aHugeAnswerIsNotReadToItsEnd() {
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            byte[] piece = "[".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
            for (int sent = 0; sent < 10 * MANY; sent += piece.length) {
              out.write(piece);
            }
          }
        });

    Run run = run("status");

    assertEquals(1, run.code);
    assertTrue(run.errors.contains("the exchange with the server failed"), run.errors);
  }

  /** Bytes that come so slowly that no wait for a part of the answer is long. */
  @Test
  void aSlowAnswerEndsWithTheTimeout() throws IOException {
    for (String sent : List.of("HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\n\r\n[")) {
      try (var listener = new ServerSocket(0)) {
        Thread.ofVirtual().start(() -> drip(listener, sent));
        String url = "--url=http://127.0.0.1:" + listener.getLocalPort();
        Run run = run(80, false, "cluster", "status", url, "--timeout=700ms");

        assertEquals(1, run.code);
        assertTrue(run.errors.contains("no answer in time: timeout=700ms"), run.errors);
      }
    }
  }

  private static void drip(ServerSocket listener, String begin) {
    try (Socket socket = listener.accept()) {
      socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
      while (true) {
        socket.getOutputStream().write(' ');
        Thread.sleep(20);
      }
    } catch (IOException | InterruptedException _) {
      // The client has gone.
    }
  }

  @Test
  void anAnswerThatIsCutAnywhereIsAFailure() throws IOException {
    byte[] whole =
        ("HTTP/1.1 200 OK\r\nContent-Length: " + SETTLED.length() + "\r\n\r\n" + SETTLED)
            .getBytes(StandardCharsets.UTF_8);
    try (var listener = new ServerSocket(0)) {
      String url = "--url=http://127.0.0.1:" + listener.getLocalPort();
      var length = new AtomicInteger();
      Thread.ofVirtual().start(() -> cut(listener, whole, length));
      for (; length.get() < whole.length; length.addAndGet(7)) {
        Run run = run(80, false, "cluster", "status", url);

        assertEquals(1, run.code, () -> "length=" + length + run);
        assertEquals("", run.output);
      }
    }
  }

  /** The client asks once more where it got nothing. */
  private static void cut(ServerSocket listener, byte[] answer, AtomicInteger length) {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        socket.getInputStream().read(new byte[4096]);
        socket.getOutputStream().write(answer, 0, length.get());
      } catch (IOException _) {
        // The client or the test has gone.
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "status --url=ftp://h              | --url must be a URL",
        "status --url=gateway:9091         | --url must be a URL",
        "status --timeout=1d               | --timeout must be a duration",
        "status --jsno                     | did you mean --json?",
        "status a                          | unexpected 'a'",
        "wait-settled --members=-1         | --members must be a number",
        "drain                             | try cluster drain --help",
        "drain a b                         | try cluster drain --help",
        "owner                             | try cluster owner --help",
        "owner backup                      | job=backup",
        "statsu                            | did you mean status?",
        "bogus                             | unknown command 'bogus', try cluster --help",
        "new-secret --json                 | unexpected '--json'",
        "status --ca-file=/nowhere/ca.pem  | no such file: ca-file=/nowhere/ca.pem",
      })
  void wrongUsageIsNamedInOneLineAndEndsWithTwo(String command, String named) {
    var arguments = new ArrayList<>(List.of("cluster"));
    arguments.addAll(List.of(command.strip().split(" ", -1)));
    Run run = run(80, false, arguments.toArray(String[]::new));

    assertEquals(2, run.code, run.errors);
    assertEquals(1, run.errors.lines().count(), run.errors);
    assertTrue(run.errors.contains(named), run.errors);
    assertEquals("", run.output);
  }

  @Test
  void anAddressThatNobodyListensAtIsNamed() {
    Run run = run(80, false, "cluster", "status", "--url=http://127.0.0.1:1");

    assertEquals(1, run.code);
    assertTrue(run.errors.contains("http://127.0.0.1:1: cannot connect"), run.errors);
  }

  @Test
  void theCertificatesOfAFileAreTrusted(@TempDir Path folder) throws Exception {
    var certificates = new TestCertificates(folder);
    Path trusted = certificates.selfSigned("server", KeyType.P256);
    Path other = certificates.selfSigned("other", KeyType.P256);
    Path config = folder.resolve("web.yml");
    Files.writeString(
        config, "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n");
    try (var gateway = TestGateway.start("--web.config.file=" + config)) {
      String url = "--url=https://127.0.0.1:" + gateway.port();
      Run run = run(80, false, "cluster", "members", url, "--ca-file=" + trusted);
      assertEquals(0, run.code, run.errors);
      for (String file : List.of("--ca-file=" + other, "--json")) {
        Run refused = run(80, false, "cluster", "members", url, file);
        assertEquals(1, refused.code);
        assertTrue(refused.errors.contains("--ca-file"), refused.errors);
      }
      Run unusable = run(80, false, "cluster", "members", url, "--ca-file=" + config);
      assertEquals(2, unusable.code);
      assertTrue(unusable.errors.contains("--ca-file cannot be used"), unusable.errors);
    }
  }

  @Test
  void aSecretIsLongAndNewEachTime() {
    Run first = run(80, false, "cluster", "new-secret");
    Run second = run(80, false, "cluster", "new-secret");

    assertEquals(0, first.code, first.errors);
    assertEquals(1, first.output.lines().count());
    assertEquals(32, Base64.getDecoder().decode(first.output.strip()).length);
    assertNotEquals(first.output, second.output);
  }

  @ParameterizedTest
  @EnumSource
  void helpFitsTheTerminalAndNamesEveryFlag(Subcommand command) {
    for (int width : new int[] {60, 80, 132}) {
      Run run = run(width, false, "cluster", command.word(), "--help");

      assertEquals(0, run.code, run.errors);
      run.output.lines().forEach(line -> assertTrue(line.length() <= width, line));
      assertTrue(run.output.startsWith("usage: silverback cluster " + command.word()), run.output);
      Stream<String> flags =
          command.isOfServer()
              ? Stream.of("--url", "--ca-file", "--timeout", "--json")
              : Stream.of();
      flags.forEach(flag -> assertTrue(run.output.contains(flag), run.output));
    }
  }

  @Test
  void helpOfAllNamesEachCommand() {
    Run asked = run(80, false, "cluster", "--help");
    Run unasked = run(80, false, "cluster");

    assertEquals(0, asked.code);
    assertEquals(2, unasked.code);
    assertEquals(asked.output, unasked.errors);
    for (Subcommand command : Subcommand.values()) {
      assertTrue(asked.output.contains("\n  " + command.word() + " "), asked.output);
    }
    asked.output.lines().forEach(line -> assertTrue(line.length() <= 60, line));
  }

  private String url() {
    return "--url=http://127.0.0.1:" + server.getAddress().getPort();
  }

  private Run run(String... arguments) {
    var all = new ArrayList<>(List.of("cluster"));
    all.addAll(List.of(arguments));
    all.add(url());
    return run(80, false, all.toArray(String[]::new));
  }

  private static Run run(int width, boolean hasColours, String... arguments) {
    var output = new ByteArrayOutputStream();
    var errors = new ByteArrayOutputStream();
    int code =
        ClusterCommand.run(
            List.of(arguments),
            width,
            hasColours,
            new PrintStream(output, true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8));
    return new Run(
        code, output.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8));
  }

  /** Answers every request so from now on. */
  private void answer(int status, String body) {
    try {
      server.removeContext("/");
    } catch (IllegalArgumentException _) {
      // There was none before.
    }
    server.createContext(
        "/",
        exchange -> {
          note(exchange);
          send(exchange, status, body);
        });
  }

  private synchronized void note(HttpExchange exchange) {
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    requests.add(
        exchange.getRequestMethod()
            + " "
            + exchange.getRequestURI()
            + (authorization == null ? "" : " " + authorization));
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String success(String data) {
    return "{\"status\":\"success\",\"data\":" + data + "}";
  }

  private static String status(
      boolean settled, int losable, int stoppable, String waiting, String members) {
    return success(
        "{\"cluster_id\":\"c1\",\"epoch\":7,\"settled\":%s,\"waiting_for\":%s,\"failure_tolerance\":{\"without_losing_pushes\":%d,\"without_stopping_pushes\":%d},\"members\":[%s]}"
            .formatted(settled, waiting, losable, stoppable, members));
  }

  private static String member(String name, boolean answered) {
    return "{\"node_id\":\"%s\",\"answered\":%s,\"ready\":true,\"votes\":true,\"may_lead\":true,\"drain\":\"none\",\"slots\":{\"led\":8192}}"
        .formatted(name, answered);
  }
}
