package io.silverback.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import io.silverback.server.trust.Identity;
import io.silverback.server.trust.TrustedAuthorities;
import io.silverback.server.web.TestCertificates;
import io.silverback.server.web.TestCertificates.KeyType;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How samples get to a target: by TLS, with a certificate of the sender's, by way of a proxy. */
final class RemoteWriteWayTest {
  private static final char[] NO_PASSWORD = {};

  @TempDir private static Path certificates;
  @TempDir private Path folder;

  @BeforeAll
  static void makeCertificates() throws IOException, InterruptedException {
    var made = new TestCertificates(certificates);
    made.authority("ca");
    made.server("server", "ca", "DNS:inner.example");
    made.client("client", "ca", "DNS:client");
    made.selfSigned("stranger", KeyType.P256);
  }

  @Test
  void aTargetThatWantsACertificateGetsThatOfTheFiles()
      throws IOException, GeneralSecurityException {
    Path shown = copy("stranger");
    try (var receiver = RemoteWriteReceiver.start(tls());
        var gateway = start(receiver.url(), tlsConfig(shown, ""))) {
      push(gateway, "x 1\n");
      awaitRetry(gateway);
      assertEquals(List.of(), receiver.requests());

      copy("client");
      RemoteWriteReceiver.await(() -> receiver.valuesOf("=x,").equals(List.of(1.0)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "inner.example, TLS13, true",
    "inner.example, TLS12, true",
    "other.example, TLS12, false"
  })
  void theCertificateOfATargetMustHaveTheNameThatIsAskedFor(
      String name, String version, boolean isTaken) throws IOException, GeneralSecurityException {
    String tls = ", server_name: " + name + ", min_version: " + version;
    Path shown = copy("client");
    try (var receiver = RemoteWriteReceiver.start(tls());
        var gateway =
            start(receiver.url().replace("127.0.0.1", "localhost"), tlsConfig(shown, tls))) {
      push(gateway, "x 1\n");
      if (isTaken) {
        RemoteWriteReceiver.await(() -> receiver.valuesOf("=x,").equals(List.of(1.0)));
      } else {
        awaitRetry(gateway);
        assertEquals(List.of(), receiver.requests());
      }
    }
  }

  @Test
  void httpAndHttpsGoByWayOfAProxyAndNotWhereItIsExcept()
      throws IOException, GeneralSecurityException {
    try (var plain = RemoteWriteReceiver.start();
        var secret = RemoteWriteReceiver.start(tls());
        var proxy = new Proxy(plain.port(), secret.port())) {
      String way = "proxy_url: 'http://127.0.0.1:" + proxy.port() + "'\n";
      String hidden = "http://far.example:" + plain.port() + "/write";
      try (var gateway = start(hidden, way)) {
        push(gateway, "x 1\n");
        RemoteWriteReceiver.await(() -> plain.valuesOf("=x,").equals(List.of(1.0)));
      }
      assertEquals("POST " + hidden + " HTTP/1.1", proxy.asked().getLast());

      String tunnel = "https://inner.example:" + secret.port() + "/write";
      try (var gateway = start(tunnel, way + tlsConfig(copy("client"), ""))) {
        push(gateway, "x 2\n");
        RemoteWriteReceiver.await(() -> secret.valuesOf("=x,").equals(List.of(2.0)));
      }
      assertEquals("CONNECT inner.example:" + secret.port() + " HTTP/1.1", proxy.asked().getLast());

      int asked = proxy.asked().size();
      try (var gateway = start(plain.url(), way + "no_proxy: 10.0.0.0/8\n")) {
        push(gateway, "x 3\n");
        RemoteWriteReceiver.await(() -> plain.valuesOf("=x,").contains(3.0));
      }
      assertEquals(asked, proxy.asked().size());
    }
  }

  /** A proxy with two targets, whatever their names are. */
  private static final class Proxy implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final int plain;
    private final int secret;

    Proxy(int plain, int secret) throws IOException {
      this.plain = plain;
      this.secret = secret;
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return door.getLocalPort();
    }

    /** The first lines of what clients sent. */
    List<String> asked() {
      return asked;
    }

    private void accept() {
      try {
        while (true) {
          Socket client = door.accept();
          Thread.ofVirtual().start(() -> serve(client));
        }
      } catch (IOException _) {
        // Closed.
      }
    }

    private void serve(Socket client) {
      try (client) {
        String head = head(client.getInputStream());
        asked.add(head.lines().findFirst().orElse(""));
        boolean isTunnel = head.startsWith("CONNECT ");
        try (var target = new Socket(InetAddress.getLoopbackAddress(), isTunnel ? secret : plain)) {
          if (isTunnel) {
            write(client, "HTTP/1.1 200 OK\r\n\r\n");
          } else {
            write(target, head);
          }
          Thread back = Thread.ofVirtual().start(() -> carry(target, client));
          carry(client, target);
          back.join();
        }
      } catch (IOException _) {
        // One of them ended.
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }

    private static String head(InputStream in) throws IOException {
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int next = in.read();
        if (next < 0) {
          throw new IOException("no request");
        }
        head.append((char) next);
      }
      return head.toString();
    }

    private static void write(Socket to, String text) throws IOException {
      to.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void carry(Socket from, Socket to) {
      try {
        from.getInputStream().transferTo(to.getOutputStream());
        to.shutdownOutput();
      } catch (IOException _) {
        // One of them ended.
      }
    }

    @Override
    public void close() throws IOException {
      door.close();
    }
  }

  /** What a target does that shows the server's certificate and wants one of the same authority. */
  private static HttpsConfigurator tls() throws IOException, GeneralSecurityException {
    Path file = certificates.resolve("server.pem");
    var identity =
        Identity.of(
            file, Files.readAllBytes(file), Files.readAllBytes(certificates.resolve("server.key")));
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, NO_PASSWORD);
    store.setKeyEntry("server", identity.key(), NO_PASSWORD, identity.chain());
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, NO_PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        keys.getKeyManagers(),
        TrustedAuthorities.managers(Files.readAllBytes(certificates.resolve("ca.pem"))),
        null);
    return new HttpsConfigurator(context) {
      @Override
      public void configure(HttpsParameters parameters) {
        SSLParameters wanted = context.getDefaultSSLParameters();
        wanted.setNeedClientAuth(true);
        parameters.setSSLParameters(wanted);
      }
    };
  }

  /** Makes a certificate the one that is shown. */
  private Path copy(String name) throws IOException {
    Path shown = folder.resolve("shown.pem");
    for (String end : List.of(".pem", ".key")) {
      Files.copy(
          certificates.resolve(name + end),
          folder.resolve("shown" + end),
          StandardCopyOption.REPLACE_EXISTING);
    }
    return shown;
  }

  private static String tlsConfig(Path shown, String more) {
    return "tls_config: {ca_file: %s, cert_file: %s, key_file: %s%s}\n"
        .formatted(
            certificates.resolve("ca.pem"),
            shown,
            shown.toString().replace(".pem", ".key"),
            more.isEmpty() ? ", server_name: inner.example" : more);
  }

  private static void awaitRetry(TestGateway gateway) {
    RemoteWriteReceiver.await(() -> RemoteWriteReceiver.own(gateway, "samples_retried_total") > 2);
  }

  private static void push(TestGateway gateway, String body) throws IOException {
    assertEquals(200, gateway.send("PUT", "/metrics/job/a", body).status());
  }

  private TestGateway start(String url, String more) throws IOException {
    Path file = folder.resolve("silverback.yml");
    Files.writeString(
        file,
        """
        remote_write:
          - url: %s
            queue_config: {batch_send_deadline: 20ms, min_backoff: 5ms, max_backoff: 20ms}
        %s
        """
            .formatted(url, more.indent(4)));
    return TestGateway.start("--config.file=" + file);
  }
}
