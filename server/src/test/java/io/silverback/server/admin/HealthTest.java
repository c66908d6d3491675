package io.silverback.server.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.TestGateway;
import io.silverback.server.web.TestCertificates;
import io.silverback.server.web.TestCertificates.KeyType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code silverback health} says, and how it ends. */
final class HealthTest {
  private static final String HASH = "$2b$04$JXe3kCVOqcWVHy1bR9Dp2uMoNE6nR0Cj2PCI0iv3o5TQsqEwwQQW2";

  @TempDir private Path folder;

  @Test
  void aServerThatAnswersIsHealthyAndReady() {
    try (var gateway = TestGateway.start("--web.route-prefix=/below")) {
      assertEquals("0\nOK\n", asked(gateway.port(), "--web.route-prefix=/below"));
      assertEquals("0\nOK\n", asked(gateway.port(), "--ready", "--web.route-prefix=/below"));
      assertTrue(asked(gateway.port()).startsWith("1\n"), "another path is not found");
    }
  }

  @Test
  void theEnvironmentOfTheServerNamesItsAddress() {
    try (var gateway = TestGateway.start()) {
      var environment = Map.of("SILVERBACK_WEB_LISTEN_ADDRESS", "127.0.0.1:" + gateway.port());
      assertEquals("0\nOK\n", run(environment, List.of("health")));
    }
  }

  @Test
  void aPasswordIsNotNeededToSeeThatAServerLives() throws IOException {
    Path config =
        Files.writeString(folder.resolve("web.yml"), "basic_auth_users: {a: " + HASH + "}\n");
    try (var gateway = TestGateway.start("--web.config.file=" + config)) {
      assertTrue(asked(gateway.port()).startsWith("0\nit answers: status=401"));
      assertTrue(asked(gateway.port(), "--ready").startsWith("1\n"));
    }
  }

  @Test
  void aServerWithTlsIsAskedOverTls() throws IOException, InterruptedException {
    var certificates = new TestCertificates(folder);
    certificates.selfSigned("server", KeyType.P256);
    certificates.authority("ca");
    String tls = "tls_server_config: {cert_file: server.pem, key_file: server.key";
    Path open = Files.writeString(folder.resolve("open.yml"), tls + "}\n");
    Path mutual =
        Files.writeString(
            folder.resolve("mutual.yml"),
            tls + ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}\n");

    try (var gateway = TestGateway.start("--web.config.file=" + open)) {
      assertEquals("0\nOK\n", asked(gateway.port()));
      assertEquals("0\nOK\n", asked(gateway.port(), "--ready"));
    }
    try (var gateway = TestGateway.start("--web.config.file=" + mutual)) {
      String said = asked(gateway.port());
      assertTrue(said.startsWith("0\nit answers, and refuses a TLS connection"), said);
      assertTrue(asked(gateway.port(), "--ready").startsWith("1\n"));
    }
  }

  @Test
  void whatDoesNotAnswerIsNotHealthy() throws IOException {
    int port;
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = silent.getLocalPort();
      var flags = List.of("health", "--web.listen-address=127.0.0.1:" + port);
      assertTrue(run(Map.of(), flags, Duration.ofMillis(300)).startsWith("1\nhealth: error: no "));
    }
    assertTrue(asked(port).startsWith("1\nhealth: error: no answer: "));
  }

  @Test
  void wrongFlagsAreTold() {
    assertTrue(run(Map.of(), List.of("health", "--bogus")).startsWith("2\nhealth: error: "));
    assertTrue(asked(0).startsWith("2\nhealth: error: --web.listen-address needs a port"));
    assertTrue(
        run(Map.of(), List.of("health", "--help")).startsWith("0\nusage: silverback health"));
  }

  private static String asked(int port, String... flags) {
    var arguments = new ArrayList<String>();
    arguments.add("health");
    arguments.addAll(List.of(flags));
    arguments.add("--web.listen-address=127.0.0.1:" + port);
    return run(Map.of(), arguments);
  }

  /** The exit code, and what was printed. */
  private static String run(Map<String, String> environment, List<String> arguments) {
    return run(environment, arguments, Duration.ofSeconds(30));
  }

  private static String run(
      Map<String, String> environment, List<String> arguments, Duration patience) {
    var printed = new ByteArrayOutputStream();
    var stream = new PrintStream(printed, true, UTF_8);
    int code = Health.run(arguments, environment, patience, stream, stream);
    return code + "\n" + printed.toString(UTF_8);
  }
}
