package io.silverback.server.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.server.web.TestCertificates.KeyType;
import io.silverback.server.yaml.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {
  @TempDir private static Path store;
  @TempDir private Path folder;
  private Path config = Path.of("web.yml");

  @BeforeAll
  static void make() throws Exception {
    var certificates = new TestCertificates(store);
    certificates.selfSigned("server", KeyType.P256);
    certificates.selfSigned("renewed", KeyType.P256);
    certificates.selfSigned("rsa", KeyType.RSA);
    certificates.authority("ca");
    certificates.authority("other-ca");
    certificates.client(
        "client", "ca", "DNS:one.example,IP:::1,email:a@example.org,URI:spiffe://x/y");
    certificates.client("stranger", "other-ca", "DNS:one.example");
    certificates.selfSigned("loner", KeyType.P256);
  }

  @BeforeEach
  void place() throws IOException {
    config = folder.resolve("web.yml");
    install("server");
    for (String name : List.of("ca.pem", "other-ca.pem", "loner.pem")) {
      Files.copy(store.resolve(name), folder.resolve(name));
    }
  }

  private void install(String name) throws IOException {
    copy(name + ".pem", "cert.pem");
    copy(name + ".key", "key.pem");
  }

  private void copy(String from, String to) throws IOException {
    Files.copy(store.resolve(from), folder.resolve(to), StandardCopyOption.REPLACE_EXISTING);
  }

  private void write(String... tlsLines) throws IOException {
    Files.writeString(
        config,
        "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"
            + String.join("\n", tlsLines).indent(2));
  }

  private SSLContext open(String... tlsLines) throws IOException {
    write(tlsLines);
    return WebConfigFile.open(config).sslContext(new HandshakeFailures()).orElseThrow();
  }

  private static TlsClient showing(String name) throws Exception {
    return name.equals("none")
        ? TlsClient.anonymous()
        : TlsClient.showing(store.resolve(name + ".pem"));
  }

  private static boolean letsIn(SSLContext server, String client) throws Exception {
    boolean overSocket = connects(() -> showing(client).overSocket(server));
    boolean overEngine = connects(() -> showing(client).overEngine(server.createSSLEngine()));
    assertEquals(overSocket, overEngine, "a socket and an engine agree");
    return overSocket;
  }

  private interface Handshake {
    SSLSession shake() throws Exception;
  }

  private static boolean connects(Handshake handshake) throws Exception {
    try {
      handshake.shake();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String serverName(SSLContext server) throws Exception {
    SSLSession session = TlsClient.anonymous().overSocket(server);
    return ((X509Certificate) session.getPeerCertificates()[0]).getSubjectX500Principal().getName();
  }

  @Test
  void withoutTheSectionThereIsNoTls() throws Exception {
    Files.writeString(config, "http_server_config: {http2: false}\n");
    assertTrue(WebConfigFile.open(config).sslContext(new HandshakeFailures()).isEmpty());
  }

  @Test
  void servesTheNewestVersionWithTheCertificateOfTheFile() throws Exception {
    SSLContext server = open();
    assertEquals("CN=server", serverName(server));
    assertEquals("TLSv1.3", TlsClient.anonymous().overSocket(server).getProtocol());
    assertEquals(
        "TLSv1.3", TlsClient.anonymous().overEngine(server.createSSLEngine()).getProtocol());
  }

  @Test
  void servesWithInlineText() throws Exception {
    String certificate = Files.readString(store.resolve("rsa.pem")).indent(4);
    String key = Files.readString(store.resolve("rsa.key")).indent(4);
    Files.writeString(config, "tls_server_config:\n  cert: |\n" + certificate + "  key: |\n" + key);
    assertEquals(
        "CN=rsa",
        serverName(WebConfigFile.open(config).sslContext(new HandshakeFailures()).orElseThrow()));
  }

  @Test
  void aRenewedKeyPairServesNewConnections() throws Exception {
    SSLContext server = open();
    assertEquals("CN=server", serverName(server));
    install("renewed");
    assertEquals("CN=renewed", serverName(server));
  }

  @Test
  void theKeyPairBeforeServesOnWhileOnlyHalfIsRenewed() throws Exception {
    SSLContext server = open();
    copy("renewed.pem", "cert.pem");
    assertEquals("CN=server", serverName(server));
    Files.delete(folder.resolve("key.pem"));
    assertEquals("CN=server", serverName(server));
    copy("renewed.key", "key.pem");
    assertEquals("CN=renewed", serverName(server));
  }

  @ParameterizedTest
  @CsvSource({
    // policy, client CA, none, client of the CA, client of another CA, signed by itself
    "NoClientCert, '', true, true, true, true",
    "RequestClientCert, '', true, true, true, true",
    "RequireAnyClientCert, '', false, true, true, true",
    "RequireClientCert, '', false, true, true, true",
    "RequireAnyClientCert, ca.pem, false, true, true, true",
    "VerifyClientCertIfGiven, ca.pem, true, true, false, false",
    "VerifyClientCertIfGiven, '', true, false, false, false",
    "RequireAndVerifyClientCert, ca.pem, false, true, false, false",
    "RequireAndVerifyClientCert, loner.pem, false, false, false, true",
    "RequireAndVerifyClientCert, '', false, false, false, false"
  })
  void asksOfClientsWhatThePolicySays(
      String policy, String ca, boolean none, boolean client, boolean stranger, boolean loner)
      throws Exception {
    SSLContext server =
        open(
            "client_auth_type: " + policy,
            ca.isEmpty() ? "# no client CA" : "client_ca_file: " + ca);
    assertEquals(none, letsIn(server, "none"), "none");
    assertEquals(client, letsIn(server, "client"), "client");
    assertEquals(stranger, letsIn(server, "stranger"), "stranger");
    assertEquals(loner, letsIn(server, "loner"), "loner");
  }

  @ParameterizedTest
  @ValueSource(strings = {"one.example", "::1", "a@example.org", "spiffe://x/y", "'0:0::1'"})
  void aSanOfTheListOpensTheEndpoint(String san) throws Exception {
    SSLContext server =
        open(
            "client_auth_type: RequireAndVerifyClientCert",
            "client_ca_file: ca.pem",
            "client_allowed_sans: [other, '%s']".formatted(san.replace("'", "")));
    assertTrue(letsIn(server, "client"));
    assertFalse(letsIn(server, "stranger"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"two.example", "127.0.0.1", "client", "CN=client", "spiffe://x"})
  void anyOtherSanDoesNot(String san) throws Exception {
    SSLContext server =
        open(
            "client_auth_type: RequireAndVerifyClientCert",
            "client_ca_file: ca.pem",
            "client_allowed_sans: ['%s']".formatted(san));
    assertFalse(letsIn(server, "client"));
  }

  @Test
  void withAllowedSansNoClientGetsInWithoutACertificate() throws Exception {
    SSLContext server =
        open(
            "client_auth_type: VerifyClientCertIfGiven",
            "client_ca_file: ca.pem",
            "client_allowed_sans: [one.example]");
    assertFalse(letsIn(server, "none"));
    assertTrue(letsIn(server, "client"));
  }

  @Test
  void clientAuthFollowsTheFileWhateverTheHttpServerSets() throws Exception {
    SSLContext server = open();
    assertTrue(letsIn(server, "none"));
    write("client_auth_type: RequireAndVerifyClientCert", "client_ca_file: ca.pem");
    SSLEngine engine = server.createSSLEngine("127.0.0.1", 1);
    engine.setSSLParameters(new SSLParameters());
    engine.setNeedClientAuth(false);
    engine.setWantClientAuth(false);
    assertFalse(connects(() -> TlsClient.anonymous().overEngine(engine)));
    assertFalse(letsIn(server, "none"));
    assertTrue(letsIn(server, "client"));
    copy("other-ca.pem", "ca.pem");
    assertFalse(letsIn(server, "client"));
    assertTrue(letsIn(server, "stranger"));
  }

  @Test
  void aSessionIsNotResumedUnderAStricterPolicy() throws Exception {
    SSLContext server =
        open("client_auth_type: RequireAndVerifyClientCert", "client_ca_file: ca.pem");
    TlsClient client = TlsClient.showing(store.resolve("client.pem"));
    client.overSocket(server);
    copy("other-ca.pem", "ca.pem");
    assertFalse(connects(() -> client.overSocket(server)));
  }

  @Test
  void versionsAndCipherSuitesAreThoseOfTheFile() throws Exception {
    SSLContext server =
        open(
            "max_version: TLS12",
            "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
                + " TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]");
    SSLEngine engine = server.createSSLEngine();
    engine.setEnabledProtocols(new String[] {"TLSv1.3"});
    engine.setEnabledCipherSuites(new String[] {"TLS_AES_128_GCM_SHA256"});
    TlsClient client = TlsClient.anonymous();
    client
        .parameters()
        .setCipherSuites(
            new String[] {
              "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
            });
    SSLSession session = client.overEngine(engine);
    assertEquals("TLSv1.2", session.getProtocol());
    assertEquals("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", session.getCipherSuite());
    TlsClient other = TlsClient.anonymous();
    other
        .parameters()
        .setCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"});
    assertFalse(connects(() -> other.overSocket(server)));
  }

  @Test
  void theClientChoosesTheCipherSuiteIfTheFileSaysSo() throws Exception {
    SSLContext server =
        open(
            "max_version: TLS12",
            "prefer_server_cipher_suites: false",
            "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
                + " TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]");
    TlsClient client = TlsClient.anonymous();
    client
        .parameters()
        .setCipherSuites(
            new String[] {
              "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
            });
    assertEquals(
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", client.overSocket(server).getCipherSuite());
  }

  @Test
  void curvesAreThoseOfTheFile() throws Exception {
    SSLContext server = open("min_version: TLS13", "curve_preferences: [CurveP521]");
    TlsClient fitting = TlsClient.anonymous();
    fitting.parameters().setNamedGroups(new String[] {"secp521r1"});
    fitting.overSocket(server);
    TlsClient other = TlsClient.anonymous();
    other.parameters().setNamedGroups(new String[] {"secp384r1"});
    assertFalse(connects(() -> other.overSocket(server)));
  }

  @Test
  void theHttpServerMayChooseTheApplicationProtocol() throws Exception {
    SSLContext server = open();
    SSLEngine engine = server.createSSLEngine();
    engine.setHandshakeApplicationProtocolSelector((_, offered) -> offered.getLast());
    TlsClient client = TlsClient.anonymous();
    client.parameters().setApplicationProtocols(new String[] {"h2", "http/1.1"});
    client.overEngine(engine);
    assertEquals("http/1.1", engine.getApplicationProtocol());
  }

  @Test
  void aFileThatBecameInvalidRefusesNewConnections() throws Exception {
    SSLContext server = open();
    write("unknown: 1");
    assertThrows(ConfigException.class, server::createSSLEngine);
    Files.writeString(config, "");
    var fault = assertThrows(ConfigException.class, server::createSSLEngine);
    assertEquals(
        "TLS was switched off in the file, which needs a restart: file=" + config,
        fault.getMessage());
    write();
    assertEquals("CN=server", serverName(server));
    write("client_auth_type: RequireAndVerifyClientCert", "client_ca_file: missing.pem");
    assertThrows(ConfigException.class, server::createSSLEngine);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "client_auth_type: RequestClientCert, client_ca_file: key.pem | no PEM certificate in",
        "client_auth_type: RequestClientCert, client_ca_file: none | cannot read client_ca_file, no"
            + " such file",
        "min_version: TLS10, max_version: TLS11 | this JVM has disabled every TLS version"
      })
  void theStartIsRefusedWithAClearMessage(String lines, String message) {
    var fault = assertThrows(ConfigException.class, () -> open(lines.split(", ", -1)));
    assertTrue(fault.getMessage().startsWith(message), fault.getMessage());
  }

  @Test
  void aKeyOfAnotherCertificateIsRefusedAtTheStart() throws Exception {
    copy("renewed.key", "key.pem");
    var fault = assertThrows(ConfigException.class, () -> open());
    assertEquals(
        "private key does not belong to the certificate: file=" + config, fault.getMessage());
  }

  @Test
  void theContextIsForServersOnly() throws Exception {
    SSLContext server = open();
    SSLEngine engine = server.createSSLEngine();
    assertFalse(engine.getUseClientMode());
    assertThrows(IllegalArgumentException.class, () -> engine.setUseClientMode(true));
    assertThrows(
        UnsupportedOperationException.class,
        () -> server.getServerSocketFactory().createServerSocket(0));
    assertThrows(
        UnsupportedOperationException.class,
        () -> server.getSocketFactory().createSocket("127.0.0.1", 1));
  }
}
