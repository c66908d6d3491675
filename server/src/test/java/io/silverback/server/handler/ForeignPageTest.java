package io.silverback.server.handler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.RawHttp.Answer;
import io.silverback.server.TestGateway;
import io.silverback.server.log.CapturedLog;
import io.silverback.server.log.LogFormat;
import io.silverback.server.log.LogLevel;
import io.silverback.server.storage.MetricStore;
import io.silverback.server.web.TestCertificates;
import io.silverback.server.web.TlsClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What web pages of other sites cannot do. */
final class ForeignPageTest {
  private static final String[] FLAGS = {
    "--web.enable-admin-api", "--web.enable-lifecycle", "--web.external-url=https://push.example/"
  };
  private static final String DELETE_ALL =
      "/api/v1/admin/delete_groups?match[]=%7Bjob%3D~%22.%2B%22%7D";
  private static final String FOREIGN = "Sec-Fetch-Site: cross-site";
  private static final String REFUSAL =
      "a web page of another site must not change anything here; if the page is of this server,"
          + " set --web.external-url to the address that browsers see\n";

  private final AtomicReference<MetricStore> store = new AtomicReference<>();
  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    gateway =
        TestGateway.start(
            own -> {
              store.set(own);
              return own;
            },
            FLAGS);
    gateway.send("PUT", "/metrics/job/kept", "a 1\n");
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private List<Route> routes() {
    return AllRoutes.of(TestGateway.config(FLAGS).endpoints(), store.get());
  }

  private void assertNothingChanged() throws IOException {
    assertEquals(List.of("a{instance=\"\",job=\"kept\"} 1"), gateway.exposed("a{"));
    assertEquals(1, store.get().groupCount());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
        "Origin: https://evil.example",
        "Origin: null"
      })
  void noRouteThatMayChangeSomethingDoesSoForAForeignPage(String header) throws IOException {
    var refused = new TreeSet<String>();
    for (Route route : routes()) {
      if (!Set.of("GET", "OPTIONS").contains(route.method())) {
        String path = AllRoutes.pathOf(route, "kept");
        Answer answer = gateway.send(route.method(), path, "", header);

        assertEquals(403, answer.status(), route.method() + " " + path);
        assertEquals(REFUSAL, answer.text(), path);
        assertEquals(Optional.empty(), answer.header("Access-Control-Allow-Origin"), path);
        refused.add(route.method() + " " + path);
      }
    }
    assertTrue(
        refused.containsAll(
            Set.of(
                "PUT /metrics/job/kept/l/v",
                "DELETE /metrics/job@base64/kept/l/v",
                "PUT /api/v1/admin/restore/job/kept/l/v",
                "POST /api/v1/admin/delete_groups",
                "POST /api/v1/admin/snapshot",
                "PUT /api/v1/admin/wipe",
                "POST /-/reload",
                "POST /-/quit")),
        refused.toString());
    assertNothingChanged();
  }

  @Test
  void everyRouteThatOnlyReadsAnswersForeignPagesToo() throws IOException {
    for (Route route : routes()) {
      if (Set.of("GET", "OPTIONS").contains(route.method())) {
        String path = AllRoutes.pathOf(route, "kept");
        int own = gateway.send(route.method(), path, "").status();

        assertEquals(
            own, gateway.send(route.method(), path, "", FOREIGN).status(), route.method() + path);
      }
    }
  }

  /** What a page can send without asking first, as a form or as a body of any text. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain;charset=UTF-8"
      })
  void theTypeOfTheBodyDecidesNothing(String type) throws IOException {
    String[] lines = {"Content-Type: " + type, "Origin: https://evil.example"};
    assertEquals(403, gateway.send("POST", DELETE_ALL, "", lines).status());
    assertEquals(403, gateway.send("POST", "/metrics/job/x", "a 1\n", lines).status());
    assertNothingChanged();

    // A client that is no browser, such as curl -d, says nothing of pages.
    assertEquals(200, gateway.send("POST", DELETE_ALL, "", "Content-Type: " + type).status());
    assertEquals(0, store.get().groupCount());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // headers of a DELETE | status
        "Host: 127.0.0.1:9091 | 202",
        "Sec-Fetch-Site: same-origin | 202",
        "Sec-Fetch-Site: none | 202",
        "Sec-Fetch-Site: something-new | 403",
        // The browser knows better than the address, which a proxy may have changed.
        "Sec-Fetch-Site: same-origin, Origin: https://other.example | 202",
        "Sec-Fetch-Site: cross-site, Origin: http://127.0.0.1 | 403",
        "Sec-Fetch-Site: same-origin, Sec-Fetch-Site: cross-site | 403",
        "Host: 127.0.0.1:9091, Origin: http://127.0.0.1:9091 | 202",
        "Host: 127.0.0.1:9091, Origin: https://127.0.0.1:9091 | 202",
        "Host: Push_Gateway:9091, Origin: http://push_gateway:9091 | 202",
        "Host: [::1]:9091, Origin: http://[::1]:9091 | 202",
        "Host: h, Origin: http://h | 202",
        "Host: h:80, Origin: http://h | 202",
        "Host: h, Origin: http://h:80 | 202",
        "Host: h:443, Origin: https://h | 202",
        "Host: h:443, Origin: http://h | 403",
        "Host: h:9091, Origin: http://h:9092 | 403",
        "Host: h:9091, Origin: http://h | 403",
        "Host: h, Origin: http://h.evil.example | 403",
        "Host: h, Origin: http://evil.example/h | 403",
        "Host: h, Origin: http://h@evil.example | 403",
        "Host: h, Origin: ftp://h | 403",
        "Host: h, Origin: h | 403",
        "Host: h, Origin: | 403",
        "Host: h, Origin: http:// | 403",
        "Host: null, Origin: null | 403",
        "Host: h, Origin: http://h, Origin: http://evil.example | 403",
        "Host: inside, Origin: https://push.example | 202",
        "Host: inside, Origin: https://PUSH.example:443 | 202",
        "Host: inside, Origin: http://push.example | 403",
        "Host: inside, Origin: https://push.example:8443 | 403",
        "Host: inside, Origin: https://push.example.evil.example | 403",
      })
  void thePageIsOurOwnIfTheBrowserOrTheAddressSaysSo(String headers, int status)
      throws IOException {
    String host = headers.contains("Host:") ? "" : "Host: 127.0.0.1\r\n";
    String request =
        "DELETE /metrics/job/none HTTP/1.1\r\n"
            + host
            + headers.replace(", ", "\r\n")
            + "\r\nConnection: close\r\n\r\n";

    assertEquals(status, gateway.exchange(request).status(), request);
  }

  @Test
  void aPageWithoutTlsIsForeignToAServerWithTls(@TempDir Path folder) throws Exception {
    new TestCertificates(folder).selfSigned("server", TestCertificates.KeyType.P256);
    Path file = folder.resolve("web.yml");
    Files.writeString(file, "tls_server_config: {cert_file: server.pem, key_file: server.key}\n");
    String request =
        "DELETE /metrics/job/x HTTP/1.1\r\nHost: h\r\nOrigin: %s\r\nConnection: close\r\n\r\n";
    try (var secure = TestGateway.start("--web.config.file=" + file)) {
      String own = TlsClient.anonymous().exchange(secure.port(), request.formatted("https://h"));
      String other =
          TlsClient.anonymous().exchange(secure.port(), request.formatted("http://h:443"));

      assertTrue(own.startsWith("HTTP/1.1 202 "), own);
      assertTrue(other.startsWith("HTTP/1.1 403 "), other);
    }
  }

  @Test
  void theRefusalIsCountedAndLogged() throws IOException {
    try (var log = new CapturedLog(LogLevel.INFO, LogFormat.LOGFMT)) {
      gateway.send("POST", DELETE_ALL, "", FOREIGN, "Origin: https://evil.example");

      assertEquals(
          List.of(
              "pushgateway_http_requests_total{code=\"403\",handler=\"delete_groups\",method=\"post\"}"
                  + " 1"),
          gateway.exposed("code=\"403\""));
      assertEquals(
          1,
          log.lines().stream()
              .filter(line -> line.contains("refused a request of a foreign web page"))
              .filter(line -> line.endsWith("origin=https://evil.example site=cross-site"))
              .count(),
          log.lines().toString());
    }
  }
}
