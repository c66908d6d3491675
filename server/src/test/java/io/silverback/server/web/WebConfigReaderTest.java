package io.silverback.server.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.yaml.ConfigException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebConfigReaderTest {
  private static final Path FILE = Path.of("/etc/gateway/web.yml");

  private static WebConfig read(String yaml) {
    return WebConfigReader.read(FILE, yaml.getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n# nothing\n",
        "---\n",
        "null",
        "{}",
        "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n",
        "http_server_config:\n  headers:\n",
        "tls_server_config:\n  min_version: TLS13\n",
        "tls_server_config:\n  cert_file: ''\n  client_auth_type: ''\n",
        "rate_limit:\n  interval: 0\n  burst: 0\n"
      })
  void whatSaysNothingAsksForNothing(String yaml) {
    WebConfig config = read(yaml);
    assertFalse(config.tls().enabled());
    assertTrue(config.http().http2());
    assertEquals(Map.of(), config.http().headers());
    assertEquals(Map.of(), config.users());
    assertFalse(config.rate().enabled());
  }

  @Test
  void readsEveryKey() {
    WebConfig config =
        read(
            """
            tls_server_config:
              cert_file: cert.pem
              key_file: /keys/key.pem
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ../ca.pem
              client_allowed_sans: [one, "127.0.0.1"]
              min_version: TLS12
              max_version: TLS12
              cipher_suites:
                - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
                - TLS_AES_128_GCM_SHA256
              prefer_server_cipher_suites: no
              curve_preferences: [CurveP521, X25519]
            http_server_config:
              http2: false
              headers:
                X-Frame-Options: sameorigin
                X-Content-Type-Options: nosniff
                X-XSS-Protection: 1
                Strict-Transport-Security: max-age=31536000; includeSubDomains
                Content-Security-Policy: "default-src 'self'"
            basic_auth_users:
              alice: $2y$12$1DpfPeqF9HzHJt.EWswy1exHluGfbhnn3yXhR7Xes6m3WJqFg0Wby
            rate_limit:
              interval: 1m30s
              burst: 7
            """);
    assertEquals(
        new TlsFiles(
            new PemSource.InFile(Path.of("/etc/gateway/cert.pem")),
            new PemSource.InFile(Path.of("/keys/key.pem")),
            new PemSource.InFile(Path.of("/etc/gateway/../ca.pem")),
            ClientAuth.REQUIRE_AND_VERIFY,
            List.of("one", "127.0.0.1"),
            TlsVersion.TLS12,
            TlsVersion.TLS12,
            List.of("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"),
            false,
            List.of("secp521r1", "x25519")),
        config.tls());
    assertFalse(config.http().http2());
    assertEquals(
        List.of(
            "X-Frame-Options=sameorigin",
            "X-Content-Type-Options=nosniff",
            "X-XSS-Protection=1",
            "Strict-Transport-Security=max-age=31536000; includeSubDomains",
            "Content-Security-Policy=default-src 'self'"),
        config.http().headers().entrySet().stream().map(Object::toString).toList());
    assertEquals(Map.of("alice", 23), lines(config));
    assertEquals(new WebConfig.Rate(Duration.ofSeconds(90), 7), config.rate());
  }

  private static Map<String, Integer> lines(WebConfig config) {
    return config.users().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, user -> user.getValue().line()));
  }

  @Test
  void defaultsAreUpstreams() {
    TlsFiles tls = read("tls_server_config: {cert: c, key: k}").tls();
    assertEquals(
        new TlsFiles(
            new PemSource.Inline("c"),
            new PemSource.Inline("k"),
            new PemSource.Absent(),
            ClientAuth.NONE,
            List.of(),
            TlsVersion.TLS12,
            TlsVersion.TLS13,
            List.of(),
            true,
            List.of()),
        tls);
  }

  @Test
  void aFileCountsMoreThanInlineText() {
    TlsFiles tls =
        read("tls_server_config: {cert: c, cert_file: c.pem, key: k, key_file: k.pem}").tls();
    assertEquals(new PemSource.InFile(Path.of("/etc/gateway/c.pem")), tls.certificate());
    assertEquals(new PemSource.InFile(Path.of("/etc/gateway/k.pem")), tls.key());
  }

  @Test
  void aBareIntervalIsInNanoseconds() {
    assertEquals(Duration.ofNanos(5), read("rate_limit: {interval: 5}").rate().interval());
  }

  @Test
  void laterDocumentsAreIgnored() {
    assertEquals(1, read("rate_limit: {burst: 1}\n---\njunk\n").rate().burst());
  }

  static Stream<Arguments> invalidFiles() {
    return Stream.of(
        invalid("hWkNKCp3\nTuEjdwNS\n", "expected a mapping", 1, "document"),
        invalid("- a\n", "expected a mapping", 1, "document"),
        invalid("a: b: c\n", "not valid YAML, mapping values are not allowed here", 1, "document"),
        invalid("\n\nfoo: [1\n", "not valid YAML", 3, "document"),
        invalid("tls_server_confg: {}\n", "unknown key", 1, "tls_server_confg"),
        invalid(
            "tls_server_config:\n  cert_filse: x\n",
            "unknown key",
            2,
            "tls_server_config.cert_filse"),
        invalid("http_server_config: {http3: true}", "unknown key", 1, "http_server_config.http3"),
        invalid("rate_limit: {brst: 1}", "unknown key", 1, "rate_limit.brst"),
        invalid("rate_limit: 5", "expected a mapping", 1, "rate_limit"),
        invalid("rate_limit: {}\nrate_limit: {}\n", "key stands twice", 2, "rate_limit"),
        invalid("a: &x b\nc: *x\n", "aliases are not supported", 2, "c"),
        tls("cert_file: ''\nkey_file: k\n", "missing one of cert or cert_file", 2, ""),
        tls("client_auth_type: x\n", "missing one of cert or cert_file", 2, ""),
        tls("cert_file: c\n", "missing one of key or key_file", 2, ""),
        tls(
            "cert: c\nkey: k\nclient_ca: a\n",
            "client CAs have been configured without a client auth policy",
            2,
            ".client_auth_type"),
        tls(
            "cert: c\nkey: k\nclient_auth_type: Maybe\n",
            "invalid client auth type \"Maybe\"",
            4,
            ".client_auth_type"),
        tls("min_version: TLS111\n", "unknown TLS version \"TLS111\"", 2, ".min_version"),
        tls("min_version: [TLS12]\n", "expected a single value", 2, ".min_version"),
        tls(
            "min_version: TLS13\nmax_version: TLS12\n",
            "max_version is below min_version",
            3,
            ".max_version"),
        tls("cipher_suites:\n- TLS_NULL\n", "unknown cipher \"TLS_NULL\"", 3, ".cipher_suites"),
        tls("cipher_suites: TLS_X\n", "expected a list", 2, ".cipher_suites"),
        tls(
            "curve_preferences: [CurveP257]\n",
            "unknown curve \"CurveP257\"",
            2,
            ".curve_preferences"),
        tls(
            "prefer_server_cipher_suites: maybe\n",
            "expected true or false",
            2,
            ".prefer_server_cipher_suites"),
        tls(
            "client_allowed_sans: []\n",
            "an empty list would let no client in",
            2,
            ".client_allowed_sans"),
        tls("cert_file: \"a\\0b\"\n", "not a file name", 2, ".cert_file"),
        header(
            "X-Frame-Options: foo", "invalid value, expected deny or sameorigin but got \"foo\""),
        header("X-Content-Type-Options: sniff", "invalid value, expected nosniff but got"),
        header("Content-Type: foo", "HTTP header can not be configured"),
        header("x-frame-options: deny", "HTTP header can not be configured"),
        header("X-XSS-Protection: \"a\\r\\nb\"", "control character in header value \"a??b\""),
        invalid(
            "rate_limit:\n interval: 1\u00bds", "expected a duration", 2, "rate_limit.interval"),
        invalid("rate_limit:\n interval: -1s", "must not be negative", 2, "rate_limit.interval"),
        invalid("rate_limit:\n burst: -1", "must not be negative", 2, "rate_limit.burst"),
        invalid("rate_limit:\n burst: 1.5", "expected a whole number", 2, "rate_limit.burst"),
        invalid("rate_limit:\n burst: 3000000000", "expected a whole", 2, "rate_limit.burst"),
        invalid("basic_auth_users: [a]", "expected a mapping", 1, "basic_auth_users"),
        invalid(
            "basic_auth_users:\n  bob: {a: b}",
            "expected a single value",
            2,
            "basic_auth_users.bob"));
  }

  private static Arguments invalid(String yaml, String problem, int line, String key) {
    return Arguments.of(yaml, problem, " line=" + line + " key=" + key);
  }

  private static Arguments tls(String yaml, String problem, int line, String key) {
    return invalid(
        "tls_server_config:\n" + yaml.indent(2), problem, line, "tls_server_config" + key);
  }

  private static Arguments header(String header, String problem) {
    String name = header.substring(0, header.indexOf(':'));
    return invalid(
        "http_server_config:\n  headers:\n    " + header,
        problem,
        3,
        "http_server_config.headers." + name);
  }

  @ParameterizedTest
  @MethodSource("invalidFiles")
  void refusesAndSaysWhere(String yaml, String problem, String place) {
    String message =
        String.valueOf(assertThrows(ConfigException.class, () -> read(yaml)).getMessage());
    assertTrue(message.startsWith(problem), message);
    assertTrue(message.endsWith(": file=" + FILE + place), message);
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    byte[] bytes = {'a', ':', ' ', (byte) 0xff, (byte) 0xc0, '\n'};
    assertThrows(ConfigException.class, () -> WebConfigReader.read(FILE, bytes));
  }

  @Test
  void deepNestingIsRefused() {
    assertThrows(ConfigException.class, () -> read("[".repeat(100_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "basic_auth_users:\n  alice: $2y$04$SECRETSECRET\n tls_server_config: x\n",
        "tls_server_config:\n  key: 'SECRET\n",
        "tls_server_config:\n  key: |\n    SECRET\n  min_version: 1\n",
        "basic_auth_users:\n  alice: [SECRET]\n",
        "tls_server_config:\n  key: [SECRET]\n"
      })
  void noMessageShowsASecret(String yaml) {
    var failure = assertThrows(ConfigException.class, () -> read(yaml));
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      assertFalse(cause.toString().contains("SECRET"), cause.toString());
    }
  }

  @Test
  void printsNoSecret() {
    WebConfig config =
        read("tls_server_config: {cert: c, key: SECRET}\nbasic_auth_users: {a: SECRET}\n");
    assertFalse(config.toString().contains("SECRET"), config.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "doe",
        "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeS",
        "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSii",
        "$2y$03$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi",
        "$2y$32$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi",
        "$3y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi",
        "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ+VcEd00UAV/LDeSi"
      })
  void knowsAMalformedHash(String hash) {
    assertFalse(new PasswordHash(hash, 1).isWellFormed());
  }
}
