package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.TestGateway;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.web.TestCertificates.KeyType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of connections that fail to agree on TLS with a running server. */
class HandshakeTest {
  private static final String SCRAPE =
      "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  private static final String PLAIN_ANSWER =
      """
      HTTP/1.1 400 Bad Request\r
      Content-Type: text/plain; charset=utf-8\r
      Connection: close\r
      Content-Length: 48\r
      \r
      Client sent an HTTP request to an HTTPS server.
      """;
  private static final Pattern FAILURES =
      Pattern.compile("silverback_tls_handshake_failures_total\\{reason=\"(\\w+)\"\\} (\\d+)");

  @TempDir private static Path folder;
  private TestGateway gateway;

  @BeforeAll
  static void make() throws Exception {
    var certificates = new TestCertificates(folder);
    certificates.selfSigned("server", KeyType.P256);
    certificates.authority("ca");
    certificates.authority("other-ca");
    certificates.client("client", "ca", "DNS:one.example");
    certificates.client("stranger", "other-ca", "DNS:one.example");
  }

  @BeforeEach
  void start() throws IOException {
    gateway = started("");
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private void write(String tlsLines) throws IOException {
    Files.writeString(
        folder.resolve("web.yml"),
        "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
            + tlsLines.replace(", ", "\n").indent(2));
  }

  private TestGateway started(String tlsLines, String... flags) throws IOException {
    write(tlsLines);
    String[] all = Arrays.copyOf(flags, flags.length + 1);
    all[flags.length] = "--web.config.file=" + folder.resolve("web.yml");
    return TestGateway.start(all);
  }

  private void restart(String tlsLines, String... flags) throws IOException {
    gateway.close();
    gateway = started(tlsLines, flags);
  }

  /** Sends these bytes, and the end of the stream if asked; returns what comes back. */
  private byte[] send(byte[] bytes, boolean end) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(bytes);
      if (end) {
        socket.shutdownOutput();
      }
      return socket.getInputStream().readAllBytes();
    }
  }

  private String sendPlain(String request) throws IOException {
    return new String(send(request.getBytes(US_ASCII), false), US_ASCII);
  }

  /** How many handshakes failed, by reason, without those that never did. */
  private Map<String, Integer> failures(TlsClient client) throws IOException {
    String page = client.exchange(gateway.port(), SCRAPE);
    assertTrue(page.startsWith("HTTP/1.1 200 OK\r\n"), page);
    var failures = new TreeMap<String, Integer>();
    Matcher line = FAILURES.matcher(page);
    int reasons = 0;
    while (line.find()) {
      reasons++;
      failures.merge(line.group(1), Integer.parseInt(line.group(2)), Integer::sum);
    }
    assertEquals(HandshakeFailure.values().length, reasons, page);
    failures.values().removeIf(count -> count == 0);
    return failures;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "HEAD /-/ready HTTP/1.0\r\n\r\n",
        "PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na 1\n",
        "DELETE /metrics/job/x HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /"
      })
  void aClientWithoutTlsIsToldSo(String request) throws Exception {

    assertEquals(PLAIN_ANSWER, sendPlain(request));
    assertEquals(Map.of("plain_http", 1), failures(TlsClient.anonymous()));
  }

  @Test
  void aClientWithoutTlsIsToldSoHoweverItsRequestArrives() throws Exception {
    byte[] request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII);
    for (int cut = 1; cut < request.length; cut++) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        socket.getOutputStream().write(request, 0, cut);
        Thread.sleep(2);
        socket.getOutputStream().write(request, cut, request.length - cut);
        assertEquals(
            PLAIN_ANSWER,
            new String(socket.getInputStream().readAllBytes(), US_ASCII),
            "cut at " + cut);
      }
    }
    assertEquals(Map.of("plain_http", request.length - 1), failures(TlsClient.anonymous()));
  }

  @Test
  void aRequestThatEndsEarlyIsAnsweredOnceItIsKnownToBeOne() throws Exception {
    byte[] request = SCRAPE.getBytes(US_ASCII);
    for (int length = 0; length < request.length; length++) {
      String answer = new String(send(Arrays.copyOf(request, length), true), US_ASCII);

      if (length >= 4) {
        assertEquals(PLAIN_ANSWER, answer, "length=" + length);
      } else {
        assertFalse(answer.contains("HTTP"), answer);
      }
    }
    assertEquals(
        Map.of("closed", 4, "plain_http", request.length - 4), failures(TlsClient.anonymous()));
  }

  /** More than the buffers of a connection hold: the client still sends when the answer comes. */
  @Test
  void aClientThatSendsOnCanReadTheAnswer() throws Exception {
    byte[] head = "PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII);
    byte[] push = Arrays.copyOf(head, 300 * 1024);

    assertEquals(PLAIN_ANSWER, new String(send(push, false), US_ASCII));
  }

  @Test
  void aClientThatNeverStopsSendingIsCutOff() throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      byte[] part = new byte[64 * 1024];
      Arrays.fill(part, (byte) 'A');

      assertThrows(
          SocketException.class,
          () -> {
            while (true) {
              socket.getOutputStream().write(part);
            }
          });
    }
    assertEquals(Map.of("plain_http", 1), failures(TlsClient.anonymous()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // reason | tls_server_config | client: protocol, cipher suite, certificate
        "no_common_protocol | min_version: TLS13 | TLSv1.2 | | none",
        "no_common_protocol | max_version: TLS12 | TLSv1.3 | | none",
        "no_common_cipher | max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]"
            + " | TLSv1.2 | TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 | none",
        "client_certificate_missing | client_auth_type: RequireAnyClientCert | TLSv1.2 | | none",
        "client_certificate_missing | client_auth_type: RequireAnyClientCert | TLSv1.3 | | none",
        "client_certificate_refused | client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem"
            + " | TLSv1.2 | | stranger",
        "client_certificate_refused | client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem"
            + " | TLSv1.3 | | stranger",
        "server_certificate_refused | min_version: TLS12 | TLSv1.2 | | wary",
        "server_certificate_refused | min_version: TLS12 | TLSv1.3 | | wary",
      })
  void aFailureIsCountedByItsReason(
      String reason, String tlsLines, String protocol, String suite, String who) throws Exception {
    restart(tlsLines);
    TlsClient client =
        switch (who) {
          case "none" -> TlsClient.anonymous();
          case "wary" -> TlsClient.wary();
          default -> TlsClient.showing(folder.resolve(who + ".pem"));
        };
    client.parameters().setProtocols(new String[] {protocol});
    if (suite != null) {
      client.parameters().setCipherSuites(new String[] {suite});
    }

    assertThrows(IOException.class, () -> client.exchange(gateway.port(), SCRAPE));

    TlsClient good = TlsClient.showing(folder.resolve("client.pem"));
    assertEquals(Map.of(reason, 1), failures(good));
  }

  @Test
  void aClientIsToldThatThereIsNoCommonProtocol() throws Exception {
    restart("min_version: TLS13");
    TlsClient client = TlsClient.anonymous();
    client.parameters().setProtocols(new String[] {"TLSv1.2"});

    var fault = assertThrows(SSLException.class, () -> client.exchange(gateway.port(), SCRAPE));

    assertTrue(String.valueOf(fault.getMessage()).contains("protocol_version"), fault.toString());
  }

  /** OpenSSL and Go say this in the clear, which reads differently here than from a JDK. */
  @Test
  void aClientOfAnotherMakeThatDoesNotTrustUsIsCountedToo() throws Exception {
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      distrust("-tls1_3");

      assertTrue(log.onlyLine().endsWith("Alert: unknown_ca\""), log.onlyLine());
    }
    distrust("-tls1_2");
    assertEquals(Map.of("server_certificate_refused", 2), failures(TlsClient.anonymous()));
  }

  private void distrust(String version) throws Exception {
    Process client =
        new ProcessBuilder(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + gateway.port(),
                "-verify_return_error",
                "-CAfile",
                folder.resolve("ca.pem").toString(),
                version)
            .redirectErrorStream(true)
            .start();
    client.getOutputStream().close();
    client.getInputStream().readAllBytes();
    assertTrue(client.waitFor(20, TimeUnit.SECONDS));
  }

  @Test
  void aConfigurationThatBecameInvalidIsCountedAndLogged() throws Exception {
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      write("client_auth_type: RequireAnyClientCert, client_ca_file: none.pem");
      TlsClient client = TlsClient.anonymous();
      assertThrows(IOException.class, () -> client.exchange(gateway.port(), SCRAPE));
      write("");

      assertEquals(Map.of("configuration", 1), failures(client));
      assertEquals(
          1,
          log.lines().stream()
              .filter(
                  line -> line.contains("reason=configuration err=\"cannot read client_ca_file"))
              .count());
    }
  }

  @Test
  void theLogNamesTheClientAndTheReasonOnce() throws Exception {
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      for (int i = 0; i < 3; i++) {
        sendPlain(SCRAPE);
      }

      List<String> lines =
          log.lines().stream().filter(line -> line.contains("TLS handshake failed")).toList();
      assertEquals(1, lines.size(), lines.toString());
      Pattern wanted =
          Pattern.compile(
              ".* level=info caller=\\S+ msg=\"TLS handshake failed\" source=127\\.0\\.0\\.1:\\d+"
                  + " reason=plain_http err=\"client sent an HTTP request to an HTTPS server\"");
      assertTrue(wanted.matcher(lines.getFirst()).matches(), lines.getFirst());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientThatOnlyShakesHandsHasNotFailed(String protocol) throws Exception {
    restart("", "--limits.body-timeout=300ms");
    TlsClient client = TlsClient.anonymous();
    client.parameters().setProtocols(new String[] {protocol});

    client.shake(gateway.port(), Duration.ZERO);
    client.shake(gateway.port(), Duration.ofMillis(800));

    assertEquals(Map.of(), failures(client));
  }

  @Test
  void aClientThatIsSilentOrStopsInTheMiddleIsCutOff() throws Exception {
    restart("", "--limits.body-timeout=300ms");
    byte[] hello = TlsClient.anonymous().hello();

    assertEquals(0, send(new byte[0], false).length);
    send(Arrays.copyOf(hello, 3), false);
    send(Arrays.copyOf(hello, hello.length / 2), false);
    send(hello, false);

    assertEquals(Map.of("timeout", 4), failures(TlsClient.anonymous()));
  }

  @Test
  void aHandshakeThatEndsEarlyIsCountedWhereverItEnds() throws Exception {
    byte[] hello = TlsClient.anonymous().hello();
    for (int length = 0; length <= hello.length; length++) {
      send(Arrays.copyOf(hello, length), true);
    }

    assertEquals(Map.of("closed", hello.length + 1), failures(TlsClient.anonymous()));
  }

  @Test
  void noDamagedHelloIsCountedTwiceOrKeepsOthersOut() throws Exception {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    byte[] hello = TlsClient.anonymous().hello();
    for (int i = 0; i < 300; i++) {
      byte[] damaged = hello.clone();
      for (int bytes = random.nextInt(4); bytes >= 0; bytes--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      send(damaged, true);
    }

    Map<String, Integer> failures = failures(TlsClient.anonymous());
    assertEquals(300, failures.values().stream().mapToInt(Integer::intValue).sum(), "seed=" + seed);
  }

  @Test
  void aServerWithoutTlsCountsNothing() throws Exception {
    try (var plain = TestGateway.start()) {
      assertEquals(List.of(), plain.exposed("silverback_tls_"));
    }
  }
}
